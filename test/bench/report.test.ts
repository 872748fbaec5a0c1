import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { BrokerResult, Run, WorkloadResult } from '../../bench/contest.ts';
import { figureNamed } from '../../bench/figures.ts';
import { markdown, ratios, verdictOf } from '../../bench/report.ts';
import { readResults, writeResults } from '../../bench/results.ts';
import { chosenWorkloads } from '../../bench/workloads.ts';

function run(perSecond: number, cpuPerMillion: number): Run {
  return {
    ...{ seconds: 6, messages: perSecond * 6, per_second: perSecond },
    latency_us: { p50: 100, p99: 200, p999: 300, max: 400 },
    driver_cpu_seconds: 3,
    machine_busy_share: 0.9,
    server: {
      cpu_seconds: 6,
      cpu_seconds_per_million: cpuPerMillion,
      anonymous_mb: 40,
    },
  };
}

function broker(name: string, runs: Run[]): BrokerResult {
  return { name, settings: {}, bootSeconds: 0.2, idleMb: 17, recoverySeconds: 0.3, runs };
}

function result(name: string, ours: Run[], java: Run[]): WorkloadResult {
  const [workload] = chosenWorkloads(name);
  if (workload === undefined) throw new Error(`no ${name}`);
  const brokers = [broker('turbopump', ours), broker('java-tuned', java)];
  return { workload, pairs: ours.length, seconds: 6, brokers };
}

test('ratios are taken pair by pair, not of the medians', () => {
  const ours = broker('turbopump', [run(100, 4), run(300, 4), run(200, 4)]);
  const java = broker('java-tuned', [run(50, 40), run(100, 40), run(400, 40)]);
  assert.equal(ratios(figureNamed('throughput'), ours, java), [2, 3, 0.5]);
});

test('a target is met at its bound and not beyond, and never without a figure', () => {
  const most = { figure: 'cpuPerMillion', atMost: 0.125 } as const;
  assert.match(verdictOf(most, 0.125), /: met$/);
  assert.match(verdictOf(most, 0.126), /NOT MET$/);
  const least = { figure: 'throughput', atLeast: 5 } as const;
  assert.match(verdictOf(least, 5), /: met$/);
  assert.match(verdictOf(least, 4.9), /NOT MET$/);
  assert.match(verdictOf(least, Number.NaN), /no figure/);
});

test('the tables name every broker, the ratio with its spread, the verdict and refusals', () => {
  const refused = { ...run(10, 40), not_ok_by_code: { '2': 7 } };
  const table = markdown([result('async-64', [run(50, 4), run(60, 4)], [refused, run(10, 20)])]);
  assert.match(table, /\| figure \| unit \| turbopump \| java-tuned \|/);
  assert.match(
    table,
    /\| Broker CPU \| lower \| 0\.15 \(0\.1-0\.2\) \| at most 0\.125: NOT MET \|/,
  );
  assert.match(table, /\| Throughput \| higher \| 5\.5 \(5-6\) \| {2}\|/);
  assert.match(table, /java-tuned 7 × code 2/);
});

test('a synced run shows its group and its share of the limit', () => {
  const limit = { block_bytes: 70_000, bytes_per_second: 2e7 };
  const sizes = { recordBytes: 1_200, groupBytes: 70_000, deviceBytesPerByte: 2.1 };
  const written = { ...sizes, limit, shareOfLimit: 0.85 };
  const table = markdown([result('sync-64', [{ ...run(50, 4), written }], [run(10, 40)])]);
  assert.match(table, /\| Log written over that limit \| of 1 \| 0\.85 \(0\.85-0\.85\) \| - \|/);
});

test('results go to files and pieces come together again, the later one first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-results-'));
  try {
    const piece = { date: '2026-01-02', machine: 'M' };
    const first = [result('async-64', [run(50, 4)], [run(10, 40)])];
    const again = [result('async-64', [run(70, 4)], [run(10, 40)])];
    const second = [...again, result('open-10k', [run(10, 5)], [run(10, 90)])];
    writeResults({ ...piece, results: first }, folder);
    writeResults({ ...piece, results: second }, folder);
    const files = readdirSync(folder);
    assert.ok(files.includes('2026-01-02-async-64.md'));
    assert.ok(files.includes('2026-01-02-async-64+open-10k-cpu-per-million.svg'));
    const path = (name: string): string => join(folder, `2026-01-02-${name}.json`);
    const whole = readResults([path('async-64'), path('async-64+open-10k')]);
    assert.equal(
      whole.results.map(({ workload, brokers }) => [
        workload.name,
        brokers[0]?.runs[0]?.per_second,
      ]),
      [
        ['async-64', 70],
        ['open-10k', 10],
      ],
    );
    const tables = readFileSync(join(folder, '2026-01-02-async-64+open-10k.md'), 'utf8');
    for (const [, plot] of tables.matchAll(/\]\((.+\.svg)\)/g)) {
      assert.ok(files.includes(plot ?? ''), `${plot} is there`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
