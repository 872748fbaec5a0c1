/** One sentence for a failed start: what happened and what to do about it. */
export function startFaultSentence(error: unknown, portKey = 'listenPort'): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const code = 'code' in error ? error.code : undefined;
  const port = 'port' in error ? String(error.port) : 'given';
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} is in use: stop the process that has it, or set ${portKey} to another`;
    case 'EADDRNOTAVAIL':
      return `no interface of this machine has the address of bindAddress: ${error.message}`;
    case 'EACCES':
      return `no permission: ${error.message}`;
    default:
      return error.message;
  }
}
