/** Entry point of bin/mqnamesrv. */
import { runNameServer } from '../namesrv/command.ts';

await runNameServer(process.argv.slice(2));
