/** The operator's tool: `mqadmin <command> [options]`. */

import { standardOutput } from '../cli/output.ts';
import { runProgram } from '../cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2), {
  out: standardOutput(),
  error: (text) => void process.stderr.write(`${text.trimEnd()}\n`),
  nameServerVariable: process.env['NAMESRV_ADDR'],
});
