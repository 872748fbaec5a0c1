import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

// Below the range from which the system draws ports of outgoing connections, so that none of them
// takes the port between this look and the server's start.
const LOWEST = 12_000;
const HIGHEST = 31_000;
const TRIES = 200;

/**
 * A port P of 127.0.0.1 such that P and P + each of `offsets` are free now.
 *
 * A broker also takes `listenPort - 2`, and its HA port is best kept next to it.
 */
export async function freePort(offsets: readonly number[] = []): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await allFree([port, ...offsets.map((offset) => port + offset)])) return port;
  }
  throw new Error(`no free port with ${offsets.join(', ')} beside it in ${TRIES} tries`);
}

async function allFree(ports: readonly number[]): Promise<boolean> {
  const held: Server[] = [];
  try {
    for (const port of ports) {
      const server = createServer();
      server.listen({ port, host: '0.0.0.0', exclusive: true });
      await once(server, 'listening');
      held.push(server);
    }
    return true;
  } catch {
    // Taken, which is what was asked; the caller draws again.
    return false;
  } finally {
    await Promise.all(held.map((server) => closed(server)));
  }
}

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
