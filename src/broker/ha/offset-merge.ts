/**
 * What a slave makes of its master's consumer offsets (Java SlaveSynchronize replaces its own).
 *
 * Invariants: an offset moves back only when the master moved it back within one life of the
 * master, which is an administrator's reset, and this slave has taken no commit since. (A
 * turbopump master also tells when resets were; those are taken before this is asked.) A master
 * that came back with offsets of before its crash moves nothing back, and a commit that consumers
 * made here while the master was away stays until the master is past it.
 */
import type { ConsumerOffset } from '../../dataplane/data-plane.ts';

/** The master's offsets as they were last copied. */
export interface CopiedOffsets {
  /** The life of the master in which it told them. */
  readonly boot: string;
  /** By {@link offsetKey}. */
  readonly offsets: ReadonlyMap<string, number>;
}

export interface Merge {
  /** Further than here, or unknown here: to be moved forward to. */
  readonly forward: ConsumerOffset[];
  /** To be moved back to, as the master was. */
  readonly back: ConsumerOffset[];
  /** Groups that the master has forgotten since the last copy. */
  readonly erasedGroups: string[];
  /** Where this slave is ahead of its master. */
  readonly ahead: ConsumerOffset[];
}

export function offsetKey({ group, topic, queueId }: ConsumerOffset): string {
  return `${topic}@${group}@${queueId}`;
}

/** Offset by {@link offsetKey}. */
export function offsetsByKey(offsets: readonly ConsumerOffset[]): Map<string, number> {
  return new Map(offsets.map((each) => [offsetKey(each), each.offset]));
}

/** `before` is the last copy, null before the first. */
export function mergeOffsets(
  own: readonly ConsumerOffset[],
  masters: readonly ConsumerOffset[],
  boot: string,
  before: CopiedOffsets | null,
): Merge {
  const ownByKey = offsetsByKey(own);
  const last = before?.boot === boot ? before.offsets : new Map<string, number>();
  const forward: ConsumerOffset[] = [];
  const back: ConsumerOffset[] = [];
  const ahead: ConsumerOffset[] = [];
  for (const theirs of masters) {
    const key = offsetKey(theirs);
    const mine = ownByKey.get(key);
    if (mine === theirs.offset) continue;
    if (mine === undefined || theirs.offset > mine) forward.push(theirs);
    else if (last.get(key) === mine) back.push(theirs);
    else ahead.push({ ...theirs, offset: mine });
  }
  return { forward, back, erasedGroups: erasedGroups(own, masters, last), ahead };
}

function erasedGroups(
  own: readonly ConsumerOffset[],
  masters: readonly ConsumerOffset[],
  last: ReadonlyMap<string, number>,
): string[] {
  const kept = new Set(masters.map(({ group }) => group));
  const gone = new Map<string, boolean>();
  for (const each of own) {
    if (kept.has(each.group)) continue;
    const untouched = last.get(offsetKey(each)) === each.offset;
    gone.set(each.group, (gone.get(each.group) ?? true) && untouched);
  }
  return [...gone].filter(([, untouched]) => untouched).map(([group]) => group);
}
