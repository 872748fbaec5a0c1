/** `docs/compat.md`: every command of mqadmin with what came of its four runs. */
import { allCommands } from '../../src/cli/commands/all-commands.ts';
import { cellsOf, type Four, gistOf } from './mqadmin-judgement.ts';
import { endless, oursAlone, refusals } from './mqadmin-refused-script.ts';

export function documentOf(fours: readonly Four[]): string {
  const rows = allCommands.map(({ name, group }) => {
    const own = fours.filter(({ ours }) => ours.step.argv[0] === name);
    return `| ${[`\`${name}\``, group, ...rowOf(name, own)].join(' | ')} |`;
  });
  return `${introduction}\n${rows.join('\n')}\n`;
}

function rowOf(name: string, fours: readonly Four[]): string[] {
  const [four] = fours;
  if (four === undefined) throw new Error(`${name} was not run`);
  const { ours, javas } = four;
  if (refusals.includes(ours.step)) {
    const reason = gistOf(ours.ours).replace(/^fails: /, 'refused: ');
    return [reason, 'refused as on ours', gistOf(ours.java), gistOf(javas.java)];
  }
  const alone = oursAlone.find(({ argv }) => argv[0] === name);
  if (alone !== undefined) {
    const onJava = javas.ours.isDone ? 'works' : gistOf(javas.ours);
    return [`works: \`${alone.heldBy}\``, alone.onJava ?? onJava, ...two('has no such command')];
  }
  const cells = cellsOf(fours);
  const isEndless = endless.some(({ argv }) => argv[0] === name);
  return isEndless ? cells.map((each) => `${each}, until it is stopped`) : cells;
}

function two(text: string): [string, string] {
  return [text, text];
}

const introduction = `# Compatibility of mqadmin

Every command of \`mqadmin\`, run four times by \`test/conformance/mqadmin-table.test.ts\`:
*ours* is this repository's \`mqadmin\`, *Java's* that of RocketMQ 5.3.3; each runs on a name
server and a broker of ours and on a name server and a broker of RocketMQ 5.3.3 with default
settings, after the same traffic of a Java client. This file is written by that test and held to it.

The last column is the reference. "The same" means the same lines as there (in any order, as Java
prints hash maps), with times, addresses, ids, rates and sizes of this machine masked, and the same
response code where a command fails. Everything else is named with its reason.

What differs by intent, for every command:

- A failure is one line with its cause and the address it came from on standard error, and exit
  code 1; Java prints a stack trace and exits 0.
- Wrong arguments print the command's usage on standard error, and exit code 1.
- A broker that cannot be reached is named on standard error and the rest is printed; then the
  exit code is 1 as well.
- \`--json\` prints what a command lists as a JSON array.
- A command for a part that our cluster does not have says so without asking any broker, also where
  the broker is RocketMQ's.

| command | group | ours → ours | ours → Java's broker | Java's → ours | Java's → Java's broker |
|---|---|---|---|---|---|`;
