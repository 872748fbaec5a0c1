/** `npm run bench -- <command>`; see README.md beside this file. */
import { parseArgs } from 'node:util';
import { compare } from './compare.ts';
import { footprint } from './footprint.ts';
import { buildLoadgen, runLoadgen } from './loadgen.ts';
import { machineFacts } from './machine.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    'warm-up-seconds': { type: 'string', default: '15' },
    connections: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '16' },
    'body-bytes': { type: 'string', default: '1024' },
    flush: { type: 'string', default: 'ASYNC_FLUSH' },
    messages: { type: 'string', default: '5000000' },
  },
});

const commands: Record<string, () => Promise<void>> = {
  compare: () =>
    compare({
      pairs: Number(values.pairs),
      seconds: Number(values.seconds),
      warmUpSeconds: Number(values['warm-up-seconds']),
      connections: Number(values.connections),
      inFlight: Number(values['in-flight']),
      bodyBytes: Number(values['body-bytes']),
      flushDiskType: values.flush,
    }),
  footprint: () => footprint(Number(values.messages)),
  'echo-limit': async () => console.log(await runLoadgen(['echo-limit'], 600_000)),
};

const [name = 'compare'] = positionals;
const command = commands[name];
if (command === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(commands).join(' | ')}`);
  process.exitCode = 2;
} else {
  console.log(machineFacts());
  await buildLoadgen();
  await command();
}
