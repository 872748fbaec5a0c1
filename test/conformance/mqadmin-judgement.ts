/**
 * What four runs of one command say of it: which lines differ from those of Java's mqadmin on
 * Java's broker, and how that reads in a cell of `docs/compat.md`.
 */
import type { Printed, Ran } from './mqadmin-run.ts';
import { lines, masked } from './printed-form.ts';

/** One step on both kinds of cluster. */
export interface Four {
  readonly ours: Ran;
  readonly javas: Ran;
}

export interface Difference {
  readonly missing: string[];
  readonly extra: string[];
}

/** How the runs of a step differ, each with what explains it. */
export function comparisons(four: Four): {
  what: string;
  difference: Difference;
  reasons: string[];
}[] {
  const { ours, javas } = four;
  const { differs, brokers, atJava } = ours.step;
  const of = (expected: Printed | null, actual: Printed | null) =>
    difference(ours, expected, actual);
  const given = (...reasons: (string | undefined)[]): string[] =>
    reasons.flatMap((one) => one ?? []);
  return [
    {
      what: 'on our broker, ours against Java’s',
      difference: of(ours.java, ours.ours),
      reasons: given(differs),
    },
    {
      what: 'on Java’s broker, ours against Java’s',
      difference: of(javas.java, javas.ours),
      reasons: given(atJava ?? differs),
    },
    {
      what: 'Java’s on our broker against Java’s on Java’s',
      difference: of(javas.java, ours.java),
      reasons: given(brokers),
    },
  ];
}

function difference({ step }: Ran, expected: Printed | null, actual: Printed | null): Difference {
  const form = step.form ?? lines;
  const [wanted, had] = [expected, actual].map((each) =>
    each === null ? [] : [...formed(form, each.out), ...failure(each)],
  );
  return { missing: without(wanted ?? [], had ?? []), extra: without(had ?? [], wanted ?? []) };
}

function formed(form: (output: string) => string[], output: string): string[] {
  return output.trim() === '' ? [] : form(output);
}

/** A failure is compared by its response code: the texts are each side's own. */
function failure(printed: Printed): string[] {
  if (printed.isDone) return [];
  const code = /CODE: (\d+)/.exec(`${printed.error}\n${printed.out}`)?.[1];
  return [code === undefined ? 'fails' : `fails with code ${code}`];
}

/** Lines of the first that the second has not, each as often as it is there more. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** The four cells of a command: ours and Java's on our broker, ours and Java's on Java's. */
export function cellsOf(fours: readonly Four[]): string[] {
  const relation = (
    pick: (four: Four) => Printed,
    reasons: (four: Four) => (string | undefined)[],
  ) => cell(fours.map(pick), fours.flatMap(reasons));
  const java = (ran: Ran): Printed => ran.java ?? { isDone: true, out: '', error: '' };
  return [
    relation(
      ({ ours }) => ours.ours,
      ({ ours: { step } }) => [step.differs, step.brokers],
    ),
    relation(
      ({ javas }) => javas.ours,
      ({ ours: { step } }) => [step.atJava ?? step.differs],
    ),
    relation(
      ({ ours }) => java(ours),
      ({ ours: { step } }) => [step.brokers],
    ),
    reference(fours.map(({ javas }) => java(javas))),
  ];
}

function cell(printed: readonly Printed[], reasons: readonly (string | undefined)[]): string {
  const named = [...new Set(reasons.flatMap((one) => one ?? []))];
  if (named.length > 0) return `differs: ${named.join('; ')}`;
  const failed = printed.find(({ isDone }) => !isDone);
  return failed === undefined ? 'the same' : `the same: ${causeOf(failed)}`;
}

function reference(printed: readonly Printed[]): string {
  const failed = printed.find(({ isDone }) => !isDone);
  return failed === undefined ? 'works' : `fails: ${causeOf(failed)}`;
}

/** For commands that are refused here: what each printed, in one line. */
export function gistOf(printed: Printed | null): string {
  if (printed === null) return 'has no such command';
  if (!printed.isDone) return `fails: ${causeOf(printed)}`;
  const [first = ''] = lines(printed.out).filter((line) => !line.startsWith('===='));
  return first === '' ? 'prints nothing' : `prints \`${plain(first).replaceAll('|', '\\|')}\``;
}

/** The cause without what differs from run to run. */
export function causeOf({ out, error }: Printed): string {
  const text = `${error}\n${out}`;
  const java = [...text.matchAll(/^(?:Caused by: )?(?:[\w.]+(?:Exception|Error)): (.*)$/gm)].at(-1);
  const cause = java?.[1] ?? error.split('\n')[0]?.replace(/^\w+ failed: |^# /, '') ?? '';
  return plain(masked(cause)).replaceAll('|', '\\|');
}

function plain(text: string): string {
  return text
    .replace(/ \(<address>\)/g, '')
    .replace(/<(\w+)>/g, '[$1]')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 160);
}
