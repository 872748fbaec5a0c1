/** `mqshutdown broker|namesrv`: asks every running one to stop in order, as RocketMQ's script. */
import { processesOf } from '../lifecycle/running-processes.ts';

const servers: ReadonlyMap<string, string> = new Map([
  ['broker', 'mqbroker'],
  ['namesrv', 'mqnamesrv'],
]);

const name = servers.get(process.argv[2] ?? '');
if (name === undefined) {
  process.stderr.write('Usage: mqshutdown broker | namesrv\n');
  process.exitCode = 1;
} else {
  const pids = processesOf(`${name}.js`);
  if (pids.length === 0) {
    process.stdout.write(`No ${name} running.\n`);
    process.exitCode = 1;
  }
  for (const pid of pids) {
    process.stdout.write(`The ${name}(${pid}) is running...\n`);
    process.kill(pid, 'SIGTERM');
    process.stdout.write(`Send shutdown request to ${name}(${pid}) OK\n`);
  }
}
