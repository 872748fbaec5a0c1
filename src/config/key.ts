/** One configuration key as RocketMQ knows it; the tables are one file per role. */
export type KeyType = 'String' | 'boolean' | 'int' | 'long' | 'double' | 'enum';

export type KeyValue = string | number | boolean | null;

export interface ConfigKey {
  readonly name: string;
  readonly type: KeyType;
  readonly defaultValue: KeyValue | (() => KeyValue);
  /** Names an `enum` may take. */
  readonly values: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
  /** Printed by `-m`. */
  readonly important: boolean;
  /** Changes what this process does. */
  readonly acts: boolean;
  /** May be changed while the process runs. */
  readonly hot: boolean;
  /** RocketMQ has the field and no way to set it from a file. */
  readonly fixed: boolean;
  /** Name in files where it differs from the field's, else null. */
  readonly fileName: string | null;
}

export interface KeyExtras {
  values?: readonly string[];
  min?: number;
  max?: number;
  important?: boolean;
  fixed?: boolean;
  fileName?: string;
}

export type KeyRow = readonly [
  name: string,
  type: KeyType,
  defaultValue: KeyValue | (() => KeyValue),
  extras?: KeyExtras,
];

const INT_MAX = 0x7fffffff;

export function keyTable(
  rows: readonly KeyRow[],
  acting: readonly string[],
  hot: readonly string[],
): ConfigKey[] {
  const acts = new Set(acting);
  const changeable = new Set(hot);
  return rows.map(([name, type, defaultValue, extras = {}]) => ({
    name,
    type,
    defaultValue,
    values: extras.values ?? [],
    min: extras.min ?? (type === 'int' ? -INT_MAX - 1 : null),
    max: extras.max ?? (type === 'int' ? INT_MAX : null),
    important: extras.important ?? false,
    acts: acts.has(name),
    hot: changeable.has(name),
    fixed: extras.fixed ?? false,
    fileName: extras.fileName ?? null,
  }));
}

/** Why the text is no value of the key, or the value. Blanks around it do not count. */
export function parseValue(
  key: ConfigKey,
  text: string,
): { value: KeyValue } | { expected: string } {
  const trimmed = text.trim();
  switch (key.type) {
    case 'String':
      return { value: trimmed };
    case 'boolean':
      return /^(true|false)$/i.test(trimmed)
        ? { value: trimmed.toLowerCase() === 'true' }
        : { expected: 'true or false' };
    case 'enum':
      return key.values.includes(trimmed)
        ? { value: trimmed }
        : { expected: `one of ${key.values.join(', ')}` };
    case 'double':
      return parseNumber(key, trimmed, /^[+-]?(\d+\.?\d*|\.\d+)$/, 'a number');
    default:
      return parseNumber(key, trimmed, /^[+-]?\d{1,16}$/, `an integer (${key.type})`);
  }
}

function parseNumber(
  key: ConfigKey,
  text: string,
  form: RegExp,
  expected: string,
): { value: KeyValue } | { expected: string } {
  const value = form.test(text) ? Number(text) : Number.NaN;
  const low = key.min ?? Number.MIN_SAFE_INTEGER;
  const high = key.max ?? Number.MAX_SAFE_INTEGER;
  if (Number.isNaN(value)) {
    return { expected };
  }
  if (value < low || value > high) {
    return { expected: `${expected} from ${low} to ${high}` };
  }
  return { value };
}
