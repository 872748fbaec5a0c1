// The live view of `npm run cluster`: on a terminal a table that is drawn over itself every second,
// elsewhere a line a broker whenever its state changes, and all of them every ten seconds.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { root } from './process.mjs';

const refreshMs = 1000;
const linesEveryMs = 10_000;
const askLimitMs = 900;
const widths = [12, 8, 18, 9, 16, 12, 10, 10];
const header = ['broker', 'role', 'address', 'state', 'log end', 'lag bytes', 'in/s', 'out/s'];

/** Shows the brokers that the name servers know, and those they knew, until aborted. */
export async function showCluster(nameServers, signal) {
  const module = join(root, 'dist', 'src', 'admin', 'admin-client.js');
  const { AdminClient } = await import(pathToFileURL(module).href);
  const admin = new AdminClient({ nameServers, timeoutMs: askLimitMs });
  const known = new Map();
  const write = process.stdout.isTTY ? drawer() : lineWriter();
  try {
    while (!signal.aborted) {
      await look(admin, known);
      write([...known.values()].sort((left, right) => (left.key < right.key ? -1 : 1)));
      // Aborted is over, not failed.
      await delay(refreshMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await admin.close();
  }
}

async function look(admin, known) {
  let sets = new Map();
  try {
    sets = (await admin.clusters.info()).brokers;
  } catch {
    // No name server answers: the brokers are shown as they answer themselves.
  }
  for (const [name, { addresses }] of sets) {
    for (const [id, address] of addresses) known.set(`${name}-${id}`, newRow(name, id, address));
  }
  await Promise.all([...known.values()].map((row) => ask(admin, row)));
  for (const row of known.values()) {
    const master = known.get(`${row.name}-0`);
    const isBehind = row.id !== 0 && master?.end !== null && master !== undefined;
    row.lag = isBehind && row.end !== null ? Math.max(0, master.end - row.end) : null;
  }
}

function newRow(name, id, address) {
  return { key: `${name}-${id}`, name, id, address, state: 'down', end: null, lag: null };
}

async function ask(admin, row) {
  try {
    const stats = await admin.clusters.runtimeStats(row.address);
    row.state = 'up';
    row.end = Number(stats.get('commitLogMaxOffset'));
    row.in = rate(stats.get('putTps'));
    row.out = rate(stats.get('getTransferredTps'));
  } catch {
    row.state = 'down';
    row.in = '';
    row.out = '';
  }
}

function rate(text) {
  const first = Number((text ?? '').split(' ')[0]);
  return Number.isFinite(first) ? first.toFixed(0) : '';
}

function cells(row) {
  const role = row.id === 0 ? 'master' : `slave ${row.id}`;
  const end = row.end === null ? '' : String(row.end);
  const lag = row.lag === null ? '' : String(row.lag);
  return [row.name, role, row.address, row.state, end, lag, row.in ?? '', row.out ?? ''];
}

function line(values) {
  return values
    .map((value, at) => value.padEnd(widths[at]))
    .join(' ')
    .trimEnd();
}

function drawer() {
  let drawn = 0;
  return (rows) => {
    const text = [line(header), ...rows.map((row) => line(cells(row)))];
    // Up over the last table, each line cleared to its end.
    const up = drawn === 0 ? '' : `\x1b[${drawn}A`;
    process.stdout.write(`${up}${text.map((each) => `${each}\x1b[K\n`).join('')}`);
    drawn = text.length;
  };
}

function lineWriter() {
  const states = new Map();
  let lastMs = 0;
  return (rows) => {
    const isTime = Date.now() - lastMs >= linesEveryMs;
    if (isTime) lastMs = Date.now();
    for (const row of rows) {
      const changed = states.get(row.key) !== row.state;
      states.set(row.key, row.state);
      if (changed || isTime) console.log(line(cells(row)));
    }
  };
}
