/**
 * Java's `.properties` text (`java.util.Properties.load`): `=`, `:` or blanks between key and
 * value, `#` and `!` comments, backslash escapes and line continuation, `\uXXXX`.
 *
 * Java reads ISO-8859-1; people write UTF-8. Bytes that are valid UTF-8 are read as that, others
 * as ISO-8859-1. Refuses nothing: a malformed `\u` escape keeps its letters.
 */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Line on which the entry starts, from 1. */
  readonly line: number;
  /** Line on which it ends; later than `line` when it is continued. */
  readonly lastLine: number;
}

export function decodePropertyBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Not UTF-8 is no error here: it is what Java itself would have read.
    return Buffer.from(bytes).toString('latin1');
  }
}

/** All entries in order; of two with one key, the later wins in Java. */
export function parseProperties(text: string): Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    let logical = (lines[at] ?? '').trimStart();
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) {
      continue;
    }
    while (endsInOddBackslashes(logical) && at + 1 < lines.length) {
      at++;
      logical = logical.slice(0, -1) + (lines[at] ?? '').trimStart();
    }
    properties.push({ ...splitEntry(logical), line: start + 1, lastLine: at + 1 });
  }
  return properties;
}

function endsInOddBackslashes(line: string): boolean {
  const run = /\\+$/.exec(line);
  return run !== null && run[0].length % 2 === 1;
}

function splitEntry(logical: string): { key: string; value: string } {
  const key = /^(\\.|[^\s=:\\])*/.exec(logical)?.[0] ?? '';
  const rest = logical.slice(key.length).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '');
  return { key: unescapeText(key), value: unescapeText(rest) };
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
]);

function unescapeText(text: string): string {
  return text.replace(/\\(u[\da-fA-F]{4}|.?)/gs, (_, mark: string) =>
    mark.length === 5
      ? String.fromCharCode(Number.parseInt(mark.slice(1), 16))
      : (ESCAPES.get(mark) ?? mark),
  );
}
