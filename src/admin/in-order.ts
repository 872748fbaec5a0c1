/**
 * Many questions at once, answers in the order of the questions: what a list of thousands of
 * topics needs to be printed in seconds.
 */

/** Questions in flight at a time; brokers see a tool as one more client, not as an attack. */
const concurrency = 32;

export type Outcome<T> = { value: T } | { error: unknown };

/** Asks for every item and yields item and outcome in order; holds at most 32 outcomes. */
export async function* inOrder<I, T>(
  items: Iterable<I>,
  ask: (item: I) => Promise<T>,
): AsyncGenerator<[I, Outcome<T>]> {
  const window: [I, Promise<Outcome<T>>][] = [];
  for (const item of items) {
    window.push([item, outcomeOf(() => ask(item))]);
    if (window.length < concurrency) continue;
    const first = window.shift();
    if (first !== undefined) yield [first[0], await first[1]];
  }
  for (const [item, outcome] of window) yield [item, await outcome];
}

async function outcomeOf<T>(ask: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { error };
  }
}

/** As `inOrder`, all at once; the first failure is thrown after the others have ended. */
export async function allInOrder<I, T>(
  items: Iterable<I>,
  ask: (item: I) => Promise<T>,
): Promise<T[]> {
  const values: T[] = [];
  let failure: { error: unknown } | null = null;
  for await (const [, outcome] of inOrder(items, ask)) {
    if ('value' in outcome) values.push(outcome.value);
    else failure ??= outcome;
  }
  if (failure !== null) throw failure.error;
  return values;
}

/** Told of each part of an answer that is missing, with the error in its place. */
export type OnMissing = (error: unknown) => void;

/**
 * As `allInOrder` without `onMissing`; with it what fails is told to it and the rest is the
 * answer, unless all failed: then the first failure is thrown.
 */
export async function answersInOrder<I, T>(
  items: Iterable<I>,
  ask: (item: I) => Promise<T>,
  onMissing: OnMissing | undefined,
): Promise<T[]> {
  if (onMissing === undefined) return allInOrder(items, ask);
  const values: T[] = [];
  const failures: unknown[] = [];
  for await (const [, outcome] of inOrder(items, ask)) {
    if ('value' in outcome) values.push(outcome.value);
    else failures.push(outcome.error);
  }
  if (values.length === 0 && failures.length > 0) throw failures[0];
  for (const failure of failures) onMissing(failure);
  return values;
}
