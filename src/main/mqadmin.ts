/** The operator's tool: `mqadmin <command> [options]`. */

import { runProgram } from '../cli/program.ts';

const clearLine = '\r\u001b[K';
const isTerminal = process.stderr.isTTY === true;

// `mqadmin topicList | head -1` closes the pipe: nobody reads on, so there is nothing left to do.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runProgram(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text.trimEnd()}\n`),
  ...(isTerminal
    ? { progress: (text: string) => void process.stderr.write(`${clearLine}${text}`) }
    : {}),
  nameServerVariable: process.env['NAMESRV_ADDR'],
});
