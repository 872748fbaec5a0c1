/** The file of `-c`: reading it, and writing back what changed while the process ran. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { replaceFile } from './durable-file.ts';
import { decodePropertyBytes, type Property, parseProperties } from './properties.ts';
import { ConfigError } from './settings.ts';

const CONFIG_FILE = /\.(conf|properties)$/;

export function readConfigFile(path: string): Property[] {
  if (!existsSync(path)) {
    throw new ConfigError(`no config file at ${path}`);
  }
  if (statSync(path).isDirectory()) {
    throw new ConfigError(folderSentence(path));
  }
  return parseProperties(decodePropertyBytes(readFileSync(path)));
}

/**
 * Writes new values of keys into the file, crash-atomically; all other lines stay as they are.
 * RocketMQ rewrites the whole file with every key it knows; that would turn today's defaults
 * into settings.
 */
export async function writeConfigValues(
  path: string,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const text = decodePropertyBytes(await readFile(path));
  const rest = new Map(values);
  const lines: (string | null)[] = text.split(/\r\n|\r|\n/);
  for (const property of parseProperties(text)) {
    const value = rest.get(property.key);
    if (value !== undefined) {
      lines.fill(null, property.line - 1, property.lastLine);
      lines[property.line - 1] = `${property.key}=${escapeValue(value)}`;
      rest.delete(property.key);
    }
  }
  const added = [...rest].map(([key, value]) => `${key}=${escapeValue(value)}`);
  const kept = lines.filter((line) => line !== null);
  const body = kept.join('\n').replace(/\n+$/, '');
  await replaceFile(path, `${[body, ...added].filter((part) => part !== '').join('\n')}\n`);
}

function escapeValue(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
}

function folderSentence(path: string): string {
  const files = readdirSync(path).filter((name) => CONFIG_FILE.test(name));
  const names = files.sort().slice(0, 20).join(', ');
  return files.length === 0
    ? `${path} is a folder and holds no .conf or .properties file; give -c a file`
    : `${path} is a folder; give -c one of its files: ${names}`;
}
