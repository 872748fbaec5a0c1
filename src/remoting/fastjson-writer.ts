/** The writer of `fastjson.ts`; see there for its forms. */

export type JsonWritable =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | readonly JsonWritable[]
  | ReadonlyMap<JsonWritable, JsonWritable>
  | { readonly [name: string]: JsonWritable };

export interface JsonStyle {
  /** Quotes every key and escapes all but ASCII, as 5.x clients ask of route answers. */
  standard?: boolean;
  /** Line breaks and tabs, as RocketMQ writes its own files. */
  pretty?: boolean;
}

export function stringifyJson(value: JsonWritable, style: JsonStyle = {}): string {
  return write(value, style, style.pretty === true ? '\n' : '');
}

function write(value: JsonWritable, style: JsonStyle, line: string): string {
  switch (typeof value) {
    case 'string':
      return quote(value, style);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, style, line);
    default:
      return 'null';
  }
}

function writeObject(
  value: Exclude<JsonWritable, null | undefined | boolean | number | bigint | string>,
  style: JsonStyle,
  line: string,
): string {
  const inner = line === '' ? '' : `${line}\t`;
  if (Array.isArray(value)) {
    return enclose(
      '[',
      value.map((item: JsonWritable) => write(item, style, inner)),
      ']',
      line,
    );
  }
  const members: string[] = [];
  for (const [key, member] of entriesOf(value as ReadonlyMap<JsonWritable, JsonWritable>)) {
    if (member !== null && member !== undefined) {
      members.push(`${writeKey(key, style)}:${write(member, style, inner)}`);
    }
  }
  return enclose('{', members, '}', line);
}

function enclose(open: string, members: string[], close: string, line: string): string {
  if (line === '' || members.length === 0) {
    return `${open}${members.join(',')}${close}`;
  }
  return `${open}${line}\t${members.join(`,${line}\t`)}${line}${close}`;
}

function entriesOf(
  value: ReadonlyMap<JsonWritable, JsonWritable> | { readonly [name: string]: JsonWritable },
): Iterable<[JsonWritable, JsonWritable]> {
  if (value instanceof Map) {
    return value as Map<JsonWritable, JsonWritable>;
  }
  const names = Object.entries(value as { readonly [name: string]: JsonWritable });
  return names.sort(([left], [right]) => (left < right ? -1 : 1));
}

function writeKey(key: JsonWritable, style: JsonStyle): string {
  if (typeof key === 'string') {
    return quote(key, style);
  }
  const text = write(key, { standard: style.standard === true }, '');
  return style.standard === true ? quote(text, style) : text;
}

function quote(text: string, style: JsonStyle): string {
  const plain = JSON.stringify(text);
  const quoted = UNUSUAL.test(text) ? asFastjson(plain) : plain;
  return style.standard === true ? quoted.replace(/[\u007f-\uffff]/g, unicodeEscape) : quoted;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const UNUSUAL = /[\u0000-\u001f\u007f-\u00a0\u2028\u2029]/;

/** An escape, or a character that JSON allows as it is and fastjson escapes. */
const ESCAPED = /\\(?:u[\da-f]{4}|.)|[\u007f-\u00a0\u2028\u2029]/g;

/** Standard JSON with the escapes fastjson would write: upper-case digits, and some more. */
export function asFastjson(json: string): string {
  return json.replace(ESCAPED, (found) => {
    if (found.length === 1) {
      return unicodeEscape(found);
    }
    return found.length === 2 ? found : `\\u${found.slice(2).toUpperCase()}`;
  });
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
