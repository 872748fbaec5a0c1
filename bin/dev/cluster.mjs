// `npm run cluster [-- 2m-2s-sync|2m-2s-async|2m-noslave] [--folder F] [--first-port N]`: the
// cluster of the deployment guide on this machine. Two name servers and the brokers of one shipped
// configuration, each a process of its own that may be killed, stopped and started again alone.
//
// Every broker runs from its shipped file with conf/one-host over it (ports, store folder), as an
// operator would run it. Ctrl-C stops the masters, then the slaves, then the name servers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { showCluster } from './cluster-table.mjs';
import { root } from './process.mjs';

const nameServerPort = 9876;
const brokerPort = 10911;
/** Between the brokers of conf/one-host. */
const portStep = 10;
const bootLimitMs = 30_000;
const stopLimitMs = 60_000;
const sameSignalMs = 1000;

/** Runs the cluster until a signal; resolves to the exit code. */
export async function runCluster(argv) {
  const plan = readPlan(argv);
  mkdirSync(plan.folder, { recursive: true });
  const running = [];
  process.on('exit', () => {
    for (const { child } of running) child.kill('SIGKILL');
  });
  const interrupted = firstSignal();
  let failure = null;
  const view = new AbortController();
  try {
    const started = startAll(plan, running).then(() => announce(plan));
    // Stopped while it starts: what has started is stopped as well.
    const up = await Promise.race([started.then(() => true), interrupted.then(() => false)]);
    if (up) {
      plan.isShown = true;
      const shown = showCluster(plan.nameServers, view.signal);
      await Promise.race([interrupted, shown]);
    }
    started.catch(() => undefined);
  } catch (error) {
    failure = error;
  }
  plan.isShown = false;
  view.abort();
  await stopAll(running);
  if (failure === null) return 0;
  console.error(failure.message);
  return 1;
}

/** Resolves at the first Ctrl-C or SIGTERM; a later one ends everything at once. */
function firstSignal() {
  return new Promise((done) => {
    let firstMs = null;
    const hear = () => {
      firstMs ??= Date.now();
      // A terminal and npm may both pass on the same Ctrl-C.
      if (Date.now() - firstMs > sameSignalMs) process.exit(130);
      done();
    };
    process.on('SIGINT', hear);
    process.on('SIGTERM', hear);
  });
}

function readPlan(argv) {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { folder: { type: 'string' }, 'first-port': { type: 'string' } },
  });
  const configuration = positionals[0] ?? '2m-2s-sync';
  const shipped = join(root, 'conf', configuration);
  if (!/^2m-[\w-]+$/.test(configuration) || !existsSync(shipped)) {
    throw new Error(`no configuration ${configuration}: 2m-2s-sync, 2m-2s-async or 2m-noslave`);
  }
  const shift = Number(values['first-port'] ?? brokerPort) - brokerPort;
  if (!Number.isInteger(shift)) throw new Error('--first-port takes a number');
  const names = readdirSync(shipped)
    .filter((file) => file !== 'broker-trace.properties')
    .map((file) => file.replace(/\.properties$/, ''));
  return {
    configuration,
    folder: resolve(values.folder ?? join(root, 'store', configuration)),
    shift,
    isShown: false,
    names: names.sort((left, right) => rank(left) - rank(right)),
    nameServers: [0, 1].map((number) => `127.0.0.1:${nameServerPort + shift + number}`),
  };
}

/** Masters before slaves, so that a slave finds whom to follow. */
function rank(name) {
  return name.endsWith('-s') ? 1 : 0;
}

async function startAll(plan, running) {
  for (const [number, address] of plan.nameServers.entries()) {
    const name = `namesrv-${number + 1}`;
    const own = ownFile(plan, name, {
      listenPort: address.split(':')[1],
      kvConfigPath: `store/${name}/kvConfig.json`,
    });
    await start(plan, running, { name, main: 'mqnamesrv.js', args: ['-c', own] });
  }
  for (const name of plan.names) {
    const files = [
      join(root, 'conf', plan.configuration, `${name}.properties`),
      join(root, 'conf', 'one-host', `${name}.properties`),
    ];
    files.push(ownFile(plan, name, brokerOverride(plan, name)));
    const args = [...files.flatMap((file) => ['-c', file]), '-n', plan.nameServers.join(';')];
    await start(plan, running, { name, main: 'mqbroker.js', args });
  }
}

/** Loopback only, and other ports when they were asked for. */
function brokerOverride(plan, name) {
  const order = ['broker-a', 'broker-a-s', 'broker-b', 'broker-b-s'];
  const port = brokerPort + plan.shift + portStep * order.indexOf(name);
  const addresses = { brokerIP1: '127.0.0.1', brokerIP2: '127.0.0.1' };
  return plan.shift === 0 ? addresses : { ...addresses, listenPort: port, haListenPort: port + 1 };
}

function ownFile(plan, name, values) {
  const file = join(plan.folder, `${name}.properties`);
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

/** Resolves at the process's ready line; rejects with its own words when it ends before. */
async function start(plan, running, { name, main, args }) {
  const logs = join(plan.folder, 'logs', name);
  const child = spawn(process.execPath, [join(root, 'dist', 'src', 'main', main), ...args], {
    cwd: plan.folder,
    env: { ...process.env, TURBOPUMP_LOG_DIR: logs },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A Ctrl-C reaches this process alone, which stops the others in order.
    detached: true,
  });
  running.push({ name, child });
  const words = [];
  const ready = new Promise((done, fail) => {
    const limit = setTimeout(() => fail(new Error(`${name}: not ready`)), bootLimitMs);
    const listen = (stream) =>
      createInterface({ input: stream }).on('line', (line) => {
        words.push(line);
        if (line.includes('boot success')) done();
      });
    listen(child.stdout);
    listen(child.stderr);
    child.once('close', (code) => {
      fail(new Error(`${name} ended with ${code}: ${words.slice(-3).join(' ')}`));
      // A table that is being drawn says it itself.
      if (!(process.stdout.isTTY && plan.isShown)) console.log(`${name} (${child.pid}) is gone`);
    });
    child.once('close', () => clearTimeout(limit));
    if (child.pid !== undefined) console.log(`${name} (${child.pid}) ${args.join(' ')}`);
  });
  await ready;
}

function announce(plan) {
  console.log(`\n${plan.configuration} is up; stores and logs are in ${plan.folder}`);
  console.log(`  export NAMESRV_ADDR='${plan.nameServers.join(';')}'`);
  console.log('  sh bin/mqadmin clusterList');
  console.log('Ctrl-C stops all in order.\n');
}

async function stopAll(running) {
  const isBroker = ({ name }) => !name.startsWith('namesrv');
  const steps = [
    running.filter((each) => isBroker(each) && rank(each.name) === 0),
    running.filter((each) => isBroker(each) && rank(each.name) === 1),
    running.filter((each) => !isBroker(each)),
  ];
  for (const step of steps) await Promise.all(step.map(stop));
}

async function stop({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  const insist = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  child.kill('SIGTERM');
  // One that is stopped by SIGSTOP takes its SIGTERM once it goes on.
  child.kill('SIGCONT');
  await gone;
  clearTimeout(insist);
}
