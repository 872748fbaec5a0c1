/** What one TCP connection over loopback carries between two threads, with blocks of 1 MiB. */
import { createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

const blockBytes = 1 << 20;

/** Reads from the port until the end and throws everything away. */
const reader = `
  const { connect } = require('node:net');
  const { workerData } = require('node:worker_threads');
  const buffer = Buffer.allocUnsafe(${blockBytes});
  connect({ port: workerData, host: '127.0.0.1', onread: { buffer, callback: () => true } });
`;

export async function loopbackBytesPerSecond(seconds: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const place = server.address();
  const port = typeof place === 'object' && place !== null ? place.port : 0;
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const worker = new Worker(reader, { eval: true, workerData: port });
  try {
    return await write(await accepted, seconds);
  } finally {
    await worker.terminate();
    server.close();
  }
}

/** What was taken from the last block on is not counted: it may still be in a buffer. */
async function write(socket: Socket, seconds: number): Promise<number> {
  const block = Buffer.alloc(blockBytes, 1);
  const started = performance.now();
  let blocks = 0;
  while (performance.now() - started < seconds * 1000) {
    await new Promise<void>((resolve, reject) => {
      socket.write(block, (error) => (error ? reject(error) : resolve()));
    });
    blocks += 1;
  }
  const took = (performance.now() - started) / 1000;
  socket.destroy();
  return (blocks * blockBytes) / took;
}
