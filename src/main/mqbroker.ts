/** Entry point of bin/mqbroker. */
import { runBroker } from '../broker/command.ts';
import { openDataPlane } from '../dataplane/native.ts';

await runBroker(process.argv.slice(2), openDataPlane);
