/** `npm start`: a name server and a broker on this machine, and what to type next. */
import { resolve } from 'node:path';
import { startCluster } from '../index.ts';
import { stopOnSignals } from '../lifecycle/signals.ts';
import { startFaultSentence } from '../lifecycle/start-fault.ts';

const fullSize = { mappedFileSizeCommitLog: 1 << 30, maxHashSlotNum: 5e6, maxIndexNum: 2e7 };
const say = (text: string): void => void process.stdout.write(`${text}\n`);

try {
  const folder = resolve('store');
  const options = { folder, log: true, usualPorts: true, brokerProperties: fullSize };
  const cluster = await startCluster(options);
  stopOnSignals({
    stop: () => cluster.stop(),
    onStopFailed: (error) => say(`stopping failed: ${String(error)}`),
  });
  say(`name server ${cluster.nameServer}, broker ${cluster.broker}; store and logs in ${folder}`);
  say('Point any RocketMQ client at the name server, or type in another terminal:');
  say(`  export NAMESRV_ADDR=${cluster.nameServer}`);
  say('  sh bin/mqadmin sendMessage -t Hello -p world');
  say('  sh bin/mqadmin consumeMessage -t Hello');
  say('Ctrl-C stops both in order.');
} catch (error) {
  process.stderr.write(`turbopump: ${startFaultSentence(error)}\n`);
  process.exitCode = 1;
}
