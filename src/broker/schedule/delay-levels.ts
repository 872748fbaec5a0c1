/** `messageDelayLevel`: the delays of level 1, 2, … as `1s 5s 10s 30s 1m …` (Java). */
const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds of each level; throws with the level that does not parse. */
export function parseDelayLevels(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .map((level) => {
      const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(level) ?? [];
      const unitMs = UNITS_MS.get(unit ?? '');
      if (count === undefined || unitMs === undefined) {
        throw new Error(`messageDelayLevel: '${level}' is not a number followed by s, m, h or d`);
      }
      return Number(count) * unitMs;
    });
}
