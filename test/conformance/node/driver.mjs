/**
 * Runs scenarios against a cluster through the unmodified npm client ali-ons.
 *
 * `node driver.mjs <name server> <broker> <scenario>...` prints a JSON line per scenario; exits 0
 * only if every one of them held. Plain JavaScript in a process of its own, as its users run it.
 */
import { mixedTraffic } from './mixed-traffic.mjs';
import { retryAgain } from './retry-again.mjs';
import { Session } from './session.mjs';
import { tagFilter } from './tag-filter.mjs';
import { unicodeText } from './unicode-text.mjs';

const SCENARIO_LIMIT_MS = 100_000;
const SCENARIOS = {
  mixed10k: mixedTraffic(10_000),
  tags: tagFilter,
  unicode: unicodeText,
  retry: retryAgain,
};

const [nameServer, broker, ...names] = process.argv.slice(2);
if (nameServer === undefined || names.length === 0) {
  process.stderr.write('usage: driver.mjs <name server> <broker> <scenario>...\n');
  process.exit(2);
}
let held = true;
for (const name of names) held = (await runOne(name)) && held;
process.exit(held ? 0 : 1);

async function runOne(name) {
  const started = Date.now();
  const seen = {};
  const session = new Session(nameServer, broker, name);
  let timer;
  try {
    const late = new Promise((_, reject) => {
      const why = new Error(`not over after ${SCENARIO_LIMIT_MS} ms`);
      timer = setTimeout(reject, SCENARIO_LIMIT_MS, why);
    });
    await Promise.race([SCENARIOS[name](session, seen), session.failure, late]);
    await session.close();
    seen.ok = true;
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    seen.ok = false;
    seen.failure = String(error);
  } finally {
    clearTimeout(timer);
  }
  const line = { scenario: name, ...seen, millis: Date.now() - started };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  return seen.ok;
}
