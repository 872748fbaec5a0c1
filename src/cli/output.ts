/** Where commands print: whole lines to a stream, with the padding of Java's `printf`. */
export interface Output {
  line(text?: string): void;
}

/** Prints to standard output. */
export function standardOutput(): Output {
  return { line: (text = '') => void process.stdout.write(`${text}\n`) };
}

/** A column: its width, and to which side the text goes. Longer text is never cut. */
export interface Column {
  width: number;
  right?: boolean;
}

/** Pads the values to the columns and joins them; the last column is padded as well. */
export function row(columns: Column[], values: (string | number)[], gap = '  '): string {
  return values
    .map((value, index) => {
      const { width, right } = columns[index] ?? { width: 0 };
      return right === true ? String(value).padStart(width) : String(value).padEnd(width);
    })
    .join(gap);
}

/** Java's UtilAll.frontStringAtLeast: the first `size` characters. */
export function front(text: string, size: number): string {
  return text.length > size ? text.slice(0, size) : text;
}

const two = (value: number): string => String(value).padStart(2, '0');

function dateParts(timestampMs: number): { day: string; time: string; millis: string } {
  const at = new Date(timestampMs);
  return {
    day: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    time: `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
    millis: String(at.getMilliseconds()).padStart(3, '0'),
  };
}

/** Local time as `2026-01-31 12:00:00`. */
export function formatSeconds(timestampMs: number): string {
  const { day, time } = dateParts(timestampMs);
  return `${day} ${time}`;
}

/** Local time as `2026-01-31 12:00:00,123`, Java's UtilAll.timeMillisToHumanString2. */
export function formatMillis(timestampMs: number): string {
  const { day, time, millis } = dateParts(timestampMs);
  return `${day} ${time},${millis}`;
}

/** A Java map's toString: `{a=1, b=2}`. */
export function javaMap(entries: Iterable<[string | number, string | number]>): string {
  return `{${[...entries].map(([key, value]) => `${key}=${value}`).join(', ')}}`;
}
