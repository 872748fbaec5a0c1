/** `limits`: what this machine does without a broker; the bound of every other figure. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncedWriteLimit } from './contest.ts';
import { type LimitReport, type LoadReport, measureLimit, runLoadgen } from './loadgen.ts';
import { spread, spreadText } from './statistics.ts';

const runLimitMs = 120_000;
const syncedBlocks = [4 << 10, 64 << 10, 1 << 20];
const copyBlock = 64 << 10;

interface EchoReport {
  patterns: { connections: number; in_flight: number; median: LoadReport }[];
}

export async function limits(runs: number, seconds: number): Promise<void> {
  // Where the brokers of `compare` have their stores.
  const folder = mkdtempSync(join(tmpdir(), 'turbopump-limits-'));
  try {
    const rows = new Map<string, LimitReport[]>();
    for (let run = 0; run < runs; run++) {
      const add = (name: string, report: LimitReport): void => {
        rows.set(name, [...(rows.get(name) ?? []), report]);
      };
      for (const bytes of syncedBlocks) {
        const name = `synced write, ${bytes >> 10} KiB`;
        add(name, await syncedWriteLimit(folder, bytes, seconds));
      }
      const block = ['--block-bytes', copyBlock, '--seconds', seconds];
      const file = ['--file', join(folder, 'limit')];
      const appended = measureLimit(['append-limit', ...file, ...block], runLimitMs);
      add('append to the page cache, 64 KiB', await appended);
      add('memcpy, 64 KiB', await measureLimit(['memcpy-limit', ...block], runLimitMs));
    }
    console.log('| limit | MB/s | operations/s |\n|---|---|---|');
    for (const [name, reports] of rows) {
      const mb = spread(reports.map((report) => report.bytes_per_second / 1e6));
      const each = spread(reports.map((report) => report.bytes_per_second / report.block_bytes));
      console.log(`| ${name} | ${spreadText(mb)} | ${spreadText(each)} |`);
    }
    await echo(runs, seconds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function echo(runs: number, seconds: number): Promise<void> {
  const args = ['echo-limit', '--runs', runs, '--seconds', seconds];
  const { patterns } = JSON.parse(await runLoadgen(args, runLimitMs)) as EchoReport;
  console.log('\n| echo over our transport, 1,200 B asked, 200 B answered | requests/s | p99 µs |');
  console.log('|---|---|---|');
  for (const { connections, in_flight, median } of patterns) {
    const cells = [median.per_second, median.latency_us.p99].join(' | ');
    console.log(`| ${connections} connections × ${in_flight} | ${cells} |`);
  }
}
