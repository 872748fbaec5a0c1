/**
 * Configuration of a role: RocketMQ's keys, their defaults, a `.properties` file over them and
 * options over that.
 *
 * Invariants: reading a key that the role's tables do not have is a bug and throws; a value in
 * here has the type of its key and lies in its range. Refuses with {@link ConfigError}: a file
 * that cannot be read, a folder in its place, a value that does not parse (file, line, key and
 * expected type are named). An unknown key is a warning that names the nearest known one. While
 * the process runs only keys marked hot change, all of a request or none.
 */
import type { ConfigKey, KeyValue } from './key.ts';
import { parseValue } from './key.ts';
import { nearestName } from './nearest.ts';
import type { Property } from './properties.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A change while running that is not allowed, as opposed to one that does not parse. */
export class ForbiddenChange extends ConfigError {}

export class Settings {
  readonly #keys = new Map<string, ConfigKey>();
  readonly #fileNames = new Map<string, ConfigKey>();
  readonly #values = new Map<string, KeyValue>();
  readonly #given = new Set<string>();

  /** Of a key in several tables the first table's wins; `overrides` replace defaults. */
  constructor(
    tables: readonly (readonly ConfigKey[])[],
    overrides: Readonly<Record<string, KeyValue>> = {},
  ) {
    for (const key of tables.flat()) {
      if (!this.#keys.has(key.name)) {
        this.#keys.set(key.name, key);
        this.#fileNames.set(key.fileName ?? key.name, key);
        const byDefault = key.defaultValue;
        this.#values.set(key.name, typeof byDefault === 'function' ? byDefault() : byDefault);
      }
    }
    for (const [name, value] of Object.entries(overrides)) {
      this.#values.set(this.#key(name).name, value);
    }
  }

  text(name: string): string {
    return String(this.#value(name) ?? '');
  }

  /** Null when the key has no value or an empty one. */
  textOrNull(name: string): string | null {
    const value = this.#value(name);
    return value === null || value === '' ? null : String(value);
  }

  integer(name: string): number {
    const value = this.#value(name);
    if (typeof value !== 'number') {
      throw new ConfigError(`key ${name} is not a number`);
    }
    return value;
  }

  boolean(name: string): boolean {
    return this.#value(name) === true;
  }

  /** True when a file or an option gave the key a value. */
  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  isKnown(name: string): boolean {
    return this.#fileNames.has(name) || this.#keys.has(name);
  }

  /** Sets a value that the program itself decides; its type must be the key's. */
  set(name: string, value: KeyValue): void {
    this.#values.set(this.#key(name).name, value);
    this.#given.add(name);
  }

  /**
   * Applies the entries of a file; returns warnings. `source` names the file in messages.
   * Nothing is applied when any entry is refused.
   */
  apply(properties: readonly Property[], source: string): string[] {
    const warnings: string[] = [];
    const accepted: [ConfigKey, KeyValue][] = [];
    for (const property of properties) {
      const key = this.#fileNames.get(property.key) ?? this.#keys.get(property.key);
      const place = `${source} line ${property.line}`;
      if (key === undefined) {
        warnings.push(`${place}: ${this.#unknownKey(property.key)}`);
      } else if (key.fixed) {
        warnings.push(`${place}: key ${key.name} cannot be set in RocketMQ and is ignored`);
      } else {
        accepted.push([key, parsedValue(key, property.value, place)]);
      }
    }
    for (const [key, value] of accepted) {
      this.#values.set(key.name, value);
      this.#given.add(key.name);
    }
    return warnings;
  }

  /**
   * Applies a change asked for while running; returns the names that changed. Throws
   * {@link ConfigError} for a key that is unknown or not hot, or a value that does not parse.
   */
  update(properties: readonly Property[]): string[] {
    const accepted = properties.map((property): [ConfigKey, KeyValue] => {
      const key = this.#fileNames.get(property.key) ?? this.#keys.get(property.key);
      if (key === undefined) {
        throw new ForbiddenChange(this.#unknownKey(property.key));
      }
      if (!key.hot) {
        throw new ForbiddenChange(`key ${key.name} cannot be changed while the process runs`);
      }
      return [key, parsedValue(key, property.value, 'update')];
    });
    for (const [key, value] of accepted) {
      this.#values.set(key.name, value);
      this.#given.add(key.name);
    }
    return accepted.map(([key]) => key.name);
  }

  /** `key=value` lines in table order, as `-p` prints them and config queries answer. */
  lines(onlyImportant = false): string[] {
    return [...this.#keys.values()]
      .filter((key) => !onlyImportant || key.important)
      .map((key) => `${key.fileName ?? key.name}=${this.text(key.name)}`);
  }

  /** Keys that were given a value and change nothing here. */
  givenWithoutEffect(): string[] {
    return [...this.#given].filter((name) => this.#keys.get(name)?.acts === false);
  }

  #value(name: string): KeyValue {
    return this.#values.get(this.#key(name).name) ?? null;
  }

  #key(name: string): ConfigKey {
    const key = this.#keys.get(name);
    if (key === undefined) {
      throw new ConfigError(`no configuration key ${name} in this role`);
    }
    return key;
  }

  #unknownKey(name: string): string {
    const nearest = nearestName(name, this.#fileNames.keys());
    const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
    return `unknown key ${name.slice(0, 100)} is ignored${hint}`;
  }
}

function parsedValue(key: ConfigKey, text: string, place: string): KeyValue {
  const parsed = parseValue(key, text);
  if ('expected' in parsed) {
    const shown = text.slice(0, 100);
    throw new ConfigError(
      `${place}: key ${key.name} has the value '${shown}', expected ${parsed.expected}`,
    );
  }
  return parsed.value;
}
