import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs `task` while no other process of this machine runs one of the same name.
 *
 * The lock is a listening Unix socket: the system takes it away with its process, and a waiter
 * learns of its end by its own connection being closed.
 */
export async function exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
  const path = join(tmpdir(), `turbopump-${process.getuid?.() ?? 0}-${name}.lock`);
  const server = await acquire(path);
  try {
    return await task();
  } finally {
    server.close();
    server.emit('release');
  }
}

async function acquire(path: string): Promise<Server> {
  for (;;) {
    const server = createServer();
    server.on('connection', (waiter) => {
      waiter.on('error', () => waiter.destroy());
      server.once('release', () => waiter.destroy());
    });
    server.setMaxListeners(0);
    try {
      server.listen(path);
      await once(server, 'listening');
      server.unref();
      return server;
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error;
      await holderGone(path);
    }
  }
}

/** Resolves when the present holder lets go, or at once if there is none any more. */
async function holderGone(path: string): Promise<void> {
  const waiter = connect(path);
  try {
    await once(waiter, 'connect');
    await once(waiter, 'close');
  } catch (error) {
    if (codeOf(error) !== 'ECONNREFUSED') {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ECONNRESET') return;
      throw error;
    }
    // Left by a process that was killed.
    rmSync(path, { force: true });
  } finally {
    waiter.destroy();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
