/** Ports that nobody has at this moment; someone may take them before they are used. */
import { createServer } from 'node:net';

const ATTEMPTS = 50;

/** Binds the port, 0 for any, answers it after releasing it; null when it is taken. */
function probe(host: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(taken));
    });
  });
}

export async function freePort(host: string): Promise<number> {
  return (await probe(host, 0)) ?? freePort(host);
}

/** A port p for a broker, which listens on p and p - 2 and names p + 1 for replication. */
export async function freePortWithFastPort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort(host);
    const neighbours = await Promise.all([probe(host, port - 2), probe(host, port + 1)]);
    if (!neighbours.includes(null)) return port;
  }
  throw new Error(`no free pair of ports on ${host} in ${ATTEMPTS} attempts`);
}
