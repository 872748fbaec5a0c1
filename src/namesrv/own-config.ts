/**
 * Where a name server that was started without `-c` keeps what 318 changed: `namesrv.properties`
 * beside its key-value file, RocketMQ's default `configStorePath`. RocketMQ writes that file and
 * never reads it again; here the next start without `-c` does.
 *
 * Only keys that may be changed at run time are taken from it: a file of RocketMQ's that lies
 * there holds every key it knows, ports and paths included, and was never meant to be obeyed.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readConfigFile, writeConfigValues } from '../config/config-file.ts';
import { replaceFile } from '../config/durable-file.ts';
import { ForbiddenChange, type Settings } from '../config/settings.ts';

export function ownConfigFile(settings: Settings): string {
  return join(dirname(settings.text('kvConfigPath')), 'namesrv.properties');
}

export function applyOwnConfig(settings: Settings): void {
  const path = ownConfigFile(settings);
  if (!existsSync(path)) return;
  for (const property of readConfigFile(path)) {
    try {
      settings.update([property]);
    } catch (error) {
      if (!(error instanceof ForbiddenChange)) throw error;
    }
  }
}

/** Puts changed values where the next start reads them: the file of `-c`, else the own one. */
export class ConfigKeeper {
  readonly #settings: Settings;
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(settings: Settings, configFile: string | null) {
    this.#settings = settings;
    this.#path = configFile ?? ownConfigFile(settings);
  }

  /** One write at a time: each reads the file that the one before has left. */
  keep(changed: readonly string[]): Promise<void> {
    const values = new Map(changed.map((name) => [name, this.#settings.text(name)]));
    if (values.size === 0) return Promise.resolve();
    const writing = this.#writing.then(async () => {
      if (!existsSync(this.#path)) await replaceFile(this.#path, '');
      await writeConfigValues(this.#path, values);
    });
    // The next write is tried whether or not this one failed; its caller hears the failure.
    this.#writing = writing.catch(() => undefined);
    return writing;
  }
}
