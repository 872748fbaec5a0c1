/** Where exports go, and how: RocketMQ's folder and file names, pretty JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JsonWritable, stringifyJson } from '../../../remoting/fastjson.ts';
import { type CliArguments, textOf } from '../../command.ts';

/** Writes the file into the folder of `filePath`; resolves to its path. */
export function writeExport(args: CliArguments, name: string, content: JsonWritable): string {
  const folder = textOf(args, 'filePath') ?? join(tmpdir(), 'rocketmq', 'export');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, stringifyJson(content, { pretty: true, standard: true }));
  return path;
}
