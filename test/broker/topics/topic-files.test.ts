import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeTopicTable } from '../../../src/broker/topics/topic-file.ts';
import { TopicFiles } from '../../../src/broker/topics/topic-files.ts';
import { type DataVersion, nextDataVersion } from '../../../src/model/data-version.ts';
import { type TopicConfig, topicConfig } from '../../../src/model/topic-config.ts';

const files = suite('topic files');
let folder: string;
let path: string;
files.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'turbopump-topics-'));
  path = join(folder, 'topics.json');
});
files.after.each(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A table of the size and its files, as Topics uses them. */
class Table {
  readonly topics = new Map<string, TopicConfig>();
  version: DataVersion = { stateVersion: 0, timestamp: 1, counter: 0 };
  readonly files: TopicFiles;

  constructor(size: number) {
    for (let index = 0; index < size; index++) this.#put(topicConfig(`T${index}`));
    this.files = new TopicFiles({
      path,
      table: () => ({ topics: [...this.topics.values()], dataVersion: this.version }),
      size: () => this.topics.size,
      onFault: (error) => assert.unreachable(String(error)),
    });
  }

  async change(topic: TopicConfig): Promise<void> {
    this.#put(topic);
    await this.files.saveChanged([topic], this.version);
  }

  #put(topic: TopicConfig): void {
    this.topics.set(topic.topicName, topic);
    this.version = nextDataVersion(this.version, 1);
  }
}

function notAsked(): never {
  throw new Error('a load asks for nothing');
}

async function loaded(): Promise<{ names: Set<string>; version: DataVersion }> {
  const other = new TopicFiles({
    path,
    table: notAsked,
    size: notAsked,
    onFault: (error) => assert.unreachable(String(error)),
  });
  const table = await other.load((file, reason) => assert.unreachable(`${file}: ${reason}`));
  if (table === null) throw new Error('nothing was saved');
  return {
    names: new Set(table.topics.map(({ topicName }) => topicName)),
    version: table.dataVersion,
  };
}

files('a small table is written whole for each change', async () => {
  const table = new Table(10);
  await table.files.save();
  await table.change(topicConfig('New'));
  assert.match(readFileSync(path, 'utf8'), '"New"');
  assert.not(existsSync(`${path}.changes`));
  await table.files.close();
});

files('a change of a large table is durable without the whole being written', async () => {
  const table = new Table(1000);
  await table.files.save();
  const before = statSync(path).mtimeMs;
  for (let index = 0; index < 50; index++) await table.change(topicConfig(`New${index}`));
  assert.is(statSync(path).mtimeMs, before);
  // As a crash leaves it.
  const { names, version } = await loaded();
  assert.ok(Array.from({ length: 50 }, (_, index) => `New${index}`).every((n) => names.has(n)));
  assert.equal(version, table.version);
  await table.files.close();
  assert.match(readFileSync(path, 'utf8'), '"New49"');
  assert.equal((await loaded()).version, table.version);
});

files('changes of a file that was replaced since are none', async () => {
  const table = new Table(1000);
  await table.files.save();
  await table.change(topicConfig('New'));
  const replaced = {
    topics: [topicConfig('Theirs')],
    dataVersion: { ...table.version, counter: 9 },
  };
  writeFileSync(path, encodeTopicTable(replaced));
  assert.equal([...(await loaded()).names], ['Theirs']);
  await table.files.close();
});

files('a change that meets a whole write goes into the next one', async () => {
  const table = new Table(1000);
  const whole = table.files.save();
  await Promise.all([whole, table.change(topicConfig('Meanwhile'))]);
  assert.ok((await loaded()).names.has('Meanwhile'));
  await table.files.close();
});

files.run();
