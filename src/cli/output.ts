/** How commands print: lines in Java's padding, and with `--json` the same entries as JSON. */
import { type JsonWritable, stringifyJson } from '../remoting/fastjson.ts';

export interface Output {
  /** A line for people; not printed with `--json`. */
  line(text?: string): void;
  /** An entry of a list, printed with `--json` only. */
  record(entry: Record<string, JsonWritable>): void;
  /** Part of the answer is missing: its cause on a line of its own, and exit code 1. */
  problem(cause: string): void;
  readonly hasProblems: boolean;
  /** How far a long command is; shown to people at a terminal only. */
  progress(done: number, total: number): void;
}

/** Where an Output's lines end up. */
export interface Sink {
  out: (text: string) => void;
  error: (text: string) => void;
  progress?: (text: string) => void;
}

export class CommandOutput implements Output {
  readonly #sink: Sink;
  readonly #json: boolean;
  readonly #problems = new Set<string>();
  #records = 0;

  constructor(sink: Sink, json: boolean) {
    this.#sink = sink;
    this.#json = json;
  }

  get hasProblems(): boolean {
    return this.#problems.size > 0;
  }

  line(text = ''): void {
    if (!this.#json) this.#sink.out(text);
  }

  record(entry: Record<string, JsonWritable>): void {
    if (!this.#json) return;
    // A Map keeps the columns in their order; plain objects are sorted by name.
    const text = stringifyJson(new Map(Object.entries(entry)), { standard: true });
    this.#sink.out(`${this.#records === 0 ? '[' : ','}${text}`);
    this.#records++;
  }

  problem(cause: string): void {
    // A dead broker fails thousands of questions with one cause; once is enough to know.
    if (this.#problems.has(cause)) return;
    this.#problems.add(cause);
    this.#sink.error(`# ${cause}`);
  }

  progress(done: number, total: number): void {
    this.#sink.progress?.(done < total ? `${done} of ${total}` : '');
  }

  /** Closes the JSON array; nothing can be printed after it. */
  end(): void {
    if (this.#json) this.#sink.out(this.#records === 0 ? '[]' : ']');
  }
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

/** A double as Java prints it: with at least one decimal. */
export function javaDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
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
