/** The tolerant parser of `fastjson.ts`; see there for what it accepts. */

export type JsonKey = string | JsonObject | JsonValue[];
export type JsonObject = Map<JsonKey, JsonValue>;
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const DEPTH_MAX = 64;
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const BARE_KEY = /[A-Za-z_$][\w$]*|-?\d+/y;
const PLAIN_TEXT = /[^"'\\]+/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['0', '\0'],
]);

/** Parses one value; bytes are UTF-8. Throws {@link JsonError} with the place of the fault. */
export function parseJson(source: string | Uint8Array): JsonValue {
  const text =
    typeof source === 'string'
      ? source
      : Buffer.from(source.buffer, source.byteOffset, source.length).toString('utf8');
  return parseStandard(text) ?? new Parser(text).whole();
}

/** Integers of so many digits may need a bigint, which `JSON.parse` cannot give. */
const LONG_INTEGER = /\d{16}/;

/** Most bodies are standard JSON, which the engine's parser reads ten times faster. */
function parseStandard(text: string): JsonValue | null {
  if (LONG_INTEGER.test(text)) {
    return null;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not standard: the tolerant parser decides, and names the place if it refuses.
    return null;
  }
  return toValue(value, 0);
}

function toValue(value: unknown, depth: number): JsonValue {
  if (typeof value !== 'object' || value === null) {
    return value as null | boolean | number | string;
  }
  checkDepth(depth);
  if (Array.isArray(value)) {
    return value.map((item) => toValue(item, depth + 1));
  }
  const object: JsonObject = new Map();
  for (const [key, member] of Object.entries(value)) {
    object.set(key, toValue(member, depth + 1));
  }
  return object;
}

function checkDepth(depth: number): void {
  if (depth > DEPTH_MAX) {
    throw new JsonError(`nested deeper than ${DEPTH_MAX}`);
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonValue {
    const value = this.#value(0);
    this.#skipBlanks();
    if (this.#at < this.#text.length) {
      this.#fail('nothing more');
    }
    return value;
  }

  #value(depth: number): JsonValue {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    switch (first) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
      case "'":
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = new Map();
    this.#enter(depth);
    while (!this.#takes('}')) {
      const key = this.#key(depth);
      this.#expect(':');
      object.set(key, this.#value(depth + 1));
      if (!this.#takes(',')) {
        this.#expect('}');
        break;
      }
    }
    return object;
  }

  #key(depth: number): JsonKey {
    this.#skipBlanks();
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") {
      return this.#string();
    }
    if (first === '{') {
      return this.#object(depth + 1);
    }
    if (first === '[') {
      return this.#array(depth + 1);
    }
    return this.#match(BARE_KEY) ?? this.#fail('a key');
  }

  #array(depth: number): JsonValue[] {
    const items: JsonValue[] = [];
    this.#enter(depth);
    while (!this.#takes(']')) {
      items.push(this.#value(depth + 1));
      if (!this.#takes(',')) {
        this.#expect(']');
        break;
      }
    }
    return items;
  }

  /** Steps over the opening mark, unless it is one too many. */
  #enter(depth: number): void {
    checkDepth(depth);
    this.#at++;
  }

  #string(): string {
    const quote = this.#text[this.#at];
    this.#at++;
    let value = '';
    for (;;) {
      value += this.#match(PLAIN_TEXT) ?? '';
      const next = this.#text[this.#at];
      if (next === undefined) {
        this.#fail('the end of a text');
      }
      this.#at++;
      if (next === quote) {
        return value;
      }
      value += next === '\\' ? this.#escape() : next;
    }
  }

  #escape(): string {
    const mark = this.#text[this.#at] ?? this.#fail('an escape');
    this.#at++;
    if (mark === 'u' || mark === 'x') {
      const digits = this.#text.slice(this.#at, this.#at + (mark === 'u' ? 4 : 2));
      if (!/^([\da-fA-F]{4}|[\da-fA-F]{2})$/.test(digits)) {
        this.#fail('hexadecimal digits');
      }
      this.#at += digits.length;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    return ESCAPES.get(mark) ?? mark;
  }

  #number(): number | bigint {
    const text = this.#match(NUMBER) ?? this.#fail('a value');
    const number = Number(text);
    const isInteger = !/[.eE]/.test(text);
    return isInteger && !Number.isSafeInteger(number) ? BigInt(text) : number;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) {
      this.#fail('a value');
    }
    this.#at += word.length;
    return value;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) {
      return null;
    }
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #takes(mark: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== mark) {
      return false;
    }
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) {
      this.#fail(`'${mark}'`);
    }
  }

  #skipBlanks(): void {
    while (isBlank(this.#text.charCodeAt(this.#at))) {
      this.#at++;
    }
  }

  #fail(wanted: string): never {
    throw new JsonError(`not JSON: expected ${wanted} at character ${this.#at}`);
  }
}

/** Blank, or one of the control characters that fastjson skips as such. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x08 && code <= 0x0d);
}
