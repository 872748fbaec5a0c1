/**
 * Change of settings while the broker runs (25): all of a request or none, only keys marked hot,
 * and written where the next start reads them.
 *
 * The file is that of `-c`; a broker started without one keeps changes in
 * `<store>/config/broker.properties`, which is read at its next start.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConfigFile, writeConfigValues } from '../../config/config-file.ts';
import { replaceFile } from '../../config/durable-file.ts';
import { parseProperties } from '../../config/properties.ts';
import { ConfigError, type Settings } from '../../config/settings.ts';
import { type DataVersion, nextDataVersion } from '../../model/data-version.ts';
import { Refusal } from '../../remoting/errors.ts';
import { ResponseCode } from '../../remoting/response-code.ts';

const NEVER = ['brokerConfigPath', 'configBlackList', 'rocketmqHome'];

function ownFile(settings: Settings): string {
  return join(settings.text('storePathRootDir'), 'config', 'broker.properties');
}

/** Applies what a broker without `-c` was told while it last ran; returns warnings. */
export function applyOwnFile(settings: Settings): string[] {
  const path = ownFile(settings);
  if (settings.textOrNull('brokerConfigPath') !== null || !existsSync(path)) return [];
  return settings.apply(readConfigFile(path), path);
}

export class LiveSettings {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #onChanged: () => void;
  #version: DataVersion;
  #writing: Promise<void> = Promise.resolve();

  /** `onChanged` puts the new values in force. */
  constructor(settings: Settings, now: () => number, onChanged: () => void) {
    this.#settings = settings;
    this.#now = now;
    this.#onChanged = onChanged;
    this.#version = { stateVersion: 0, timestamp: now(), counter: 0 };
  }

  get version(): DataVersion {
    return this.#version;
  }

  lines(): string[] {
    return this.#settings.lines();
  }

  /** Names of the keys that changed; refuses with 16 or 29 and the reason. */
  async update(text: string): Promise<string[]> {
    const properties = parseProperties(text);
    const listed = this.#settings.text('configBlackList').split(';');
    const barred = properties.find(({ key }) => NEVER.includes(key) || listed.includes(key));
    if (barred !== undefined) {
      const remark = `Can not update config in black list. (${barred.key.slice(0, 100)})`;
      throw new Refusal(ResponseCode.NO_PERMISSION, remark);
    }
    let changed: string[];
    try {
      changed = this.#settings.update(properties);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new Refusal(ResponseCode.INVALID_PARAMETER, error.message);
    }
    this.#version = nextDataVersion(this.#version, this.#now());
    this.#onChanged();
    await this.#save(new Map(properties.map(({ key, value }) => [key, value])));
    return changed;
  }

  /** One write at a time: each reads the file that the one before has left. */
  #save(values: ReadonlyMap<string, string>): Promise<void> {
    const writing = this.#writing.then(async () => {
      const path = this.#settings.textOrNull('brokerConfigPath') ?? ownFile(this.#settings);
      if (!existsSync(path)) await replaceFile(path, '');
      await writeConfigValues(path, values);
    });
    // The next write is tried whether or not this one failed; its caller hears the failure.
    this.#writing = writing.catch(() => undefined);
    return writing;
  }
}
