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

/** The port itself, or the next free one above it. */
export async function freePortFrom(host: string, first: number): Promise<number> {
  for (let port = first; port < first + ATTEMPTS; port++) {
    if ((await probe(host, port)) !== null) return port;
  }
  throw new Error(`ports ${first} to ${first + ATTEMPTS - 1} on ${host} are all in use`);
}

/** A port p for a broker, which listens on p and p - 2 and names p + 1 for replication. */
export async function freePortWithFastPort(host: string): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = await freePort(host);
    if (await hasFreeNeighbours(host, port)) return port;
  }
  throw new Error(`no free pair of ports on ${host} in ${ATTEMPTS} attempts`);
}

/** As {@link freePortWithFastPort}, the port itself or the next one above it. */
export async function freePortWithFastPortFrom(host: string, first: number): Promise<number> {
  for (let port = first; port < first + ATTEMPTS; port++) {
    if ((await probe(host, port)) !== null && (await hasFreeNeighbours(host, port))) return port;
  }
  throw new Error(`no free pair of ports from ${first} on ${host} in ${ATTEMPTS} attempts`);
}

async function hasFreeNeighbours(host: string, port: number): Promise<boolean> {
  const neighbours = await Promise.all([probe(host, port - 2), probe(host, port + 1)]);
  return !neighbours.includes(null);
}
