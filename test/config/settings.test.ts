import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfigFile, writeConfigValues } from '../../src/config/config-file.ts';
import { nearestName } from '../../src/config/nearest.ts';
import { parseProperties } from '../../src/config/properties.ts';
import { brokerSettings, namesrvSettings } from '../../src/config/roles.ts';
import { ConfigError, ForbiddenChange, type Settings } from '../../src/config/settings.ts';

function applied(settings: Settings, text: string): string[] {
  return settings.apply(parseProperties(text), 'broker.conf');
}

test('roles have the ports of RocketMQ', () => {
  assert.is(namesrvSettings().integer('listenPort'), 9876);
  assert.is(brokerSettings().integer('listenPort'), 10911);
});

test('a shipped broker file is taken without a warning', () => {
  const settings = brokerSettings();
  const text = [
    'brokerClusterName = DefaultCluster',
    'brokerName = broker-a',
    'brokerId = 0',
    'deleteWhen = 04',
    'fileReservedTime = 48',
    'brokerRole = ASYNC_MASTER',
    'flushDiskType = ASYNC_FLUSH',
  ].join('\n');
  assert.equal(applied(settings, text), []);
  assert.is(settings.text('brokerName'), 'broker-a');
  assert.is(settings.text('deleteWhen'), '04');
  assert.is(settings.integer('fileReservedTime'), 48);
  assert.equal(settings.givenWithoutEffect(), []);
});

test('an unknown key is a warning that names the nearest known one and its line', () => {
  const settings = brokerSettings();
  const [warning] = applied(settings, 'brokerName=a\nflushDiskTpye=SYNC_FLUSH');
  assert.is(
    warning,
    'broker.conf line 2: unknown key flushDiskTpye is ignored; did you mean flushDiskType?',
  );
  assert.is(settings.text('flushDiskType'), 'ASYNC_FLUSH');
});

test('a value that does not parse is refused with place and expected type', () => {
  const cases: [string, RegExp][] = [
    [
      'listenPort=1o911',
      /broker\.conf line 1: key listenPort has the value '1o911', expected an integer/,
    ],
    ['listenPort=70000', /expected an integer \(int\) from 0 to 65535/],
    ['brokerId=99999999999999999999', /expected an integer/],
    ['autoCreateTopicEnable=yes', /expected true or false/],
    ['flushDiskType=sync', /expected one of .*SYNC_FLUSH/],
  ];
  for (const [line, message] of cases) {
    assert.throws(() => applied(brokerSettings(), line), message);
  }
});

test('one bad value and nothing of the file is applied', () => {
  const settings = brokerSettings();
  assert.throws(() => applied(settings, 'brokerName=b\nlistenPort=x'));
  assert.is.not(settings.text('brokerName'), 'b');
});

test('a running process changes hot keys only, all of a request or none', () => {
  const settings = brokerSettings();
  const change = (text: string): string[] => settings.update(parseProperties(text));
  assert.equal(change('autoCreateTopicEnable=false'), ['autoCreateTopicEnable']);
  assert.not(settings.boolean('autoCreateTopicEnable'));
  for (const line of ['storePathRootDir=/x', 'listenPort=1', 'rocketmqHome=/x', 'noSuchKey=1']) {
    const both = `autoCreateTopicEnable=true\n${line}`;
    assert.throws(
      () => change(both),
      (error: unknown) => error instanceof ForbiddenChange,
      line,
    );
  }
  const isValueFault = (error: unknown): boolean =>
    error instanceof ConfigError && !(error instanceof ForbiddenChange);
  assert.throws(() => change('defaultTopicQueueNums=many'), isValueFault);
  assert.not(settings.boolean('autoCreateTopicEnable'));
});

test('important lines are fewer than all lines, and both are key=value', () => {
  const settings = brokerSettings();
  const all = settings.lines();
  const important = settings.lines(true);
  assert.ok(important.includes('listenPort=10911') || all.includes('listenPort=10911'));
  assert.ok(important.length > 5 && important.length < all.length);
  assert.ok(all.every((line) => /^\w+=/.test(line)));
});

test('reading a key that no table has is a bug and throws', () => {
  assert.throws(() => namesrvSettings().text('brokerName'), /no configuration key/);
});

test('only near names are offered', () => {
  assert.is(nearestName('lisenPort', ['listenPort', 'brokerId']), 'listenPort');
  assert.is(nearestName('LISTENPORT', ['listenPort']), 'listenPort');
  assert.is(nearestName('zzzzzzzz', ['listenPort', 'brokerId']), null);
});

test('a folder given as file is refused with the files in it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-config-'));
  try {
    assert.throws(() => readConfigFile(folder), /holds no \.conf or \.properties file/);
    writeFileSync(join(folder, 'broker.conf'), '');
    writeFileSync(join(folder, 'a.properties'), '');
    writeFileSync(join(folder, 'notes.txt'), '');
    assert.throws(() => readConfigFile(folder), /one of its files: a\.properties, broker\.conf$/);
    assert.throws(() => readConfigFile(join(folder, 'none')), /no config file at/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('written values replace their lines and leave the others', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-config-'));
  const file = join(folder, 'broker.conf');
  try {
    writeFileSync(file, '# mine\na=1\nb=2,\\\n  3\nc=4\n');
    await writeConfigValues(
      file,
      new Map([
        ['b', 'x\\y'],
        ['d', '5'],
      ]),
    );
    assert.is(readFileSync(file, 'utf8'), '# mine\na=1\nb=x\\\\y\nc=4\nd=5\n');
    const read = readConfigFile(file).map(({ key, value }) => `${key}=${value}`);
    assert.equal(read, ['a=1', 'b=x\\y', 'c=4', 'd=5']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
