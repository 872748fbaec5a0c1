/** Boot to the first SEND_OK, and anonymous memory idle and after many messages. */
import { Canary } from '../test/integration/canary.ts';
import { Machine } from '../test/integration/servers.ts';
import { measure } from './loadgen.ts';
import { anonymousMb } from './machine.ts';
import { spread, spreadText } from './statistics.ts';

const boots = 5;
const loadLimitMs = 1_200_000;

export async function footprint(messages: number): Promise<void> {
  const machine = new Machine();
  const canary = new Canary('Bench');
  try {
    const bootSeconds: number[] = [];
    const idleMb: number[] = [];
    const started = performance.now();
    const broker = await machine.broker([], { mappedFileSizeCommitLog: 1_073_741_824 });
    await canary.send(broker.address);
    bootSeconds.push((performance.now() - started) / 1000);
    for (let boot = 1; boot < boots; boot++) {
      idleMb.push(anonymousMb(broker.pid));
      await broker.stop();
      const again = performance.now();
      await broker.start();
      await canary.send(broker.address);
      bootSeconds.push((performance.now() - again) / 1000);
    }
    idleMb.push(anonymousMb(broker.pid));
    const args = ['produce', '--server', broker.address, '--topic', 'Bench', '--count', messages];
    await measure([...args, '--body-bytes', 1024], loadLimitMs);
    console.log(`boot to first SEND_OK, s: ${spreadText(spread(bootSeconds))}`);
    console.log(`anonymous memory idle, MB: ${spreadText(spread(idleMb))}`);
    console.log(
      `anonymous memory after ${messages} × 1 KiB, MB: ${anonymousMb(broker.pid).toFixed(1)}`,
    );
  } finally {
    await canary.close();
    await machine.close();
  }
}
