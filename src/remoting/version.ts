/**
 * RocketMQ versions as the ordinals that headers carry (Java `MQVersion.Version`).
 *
 * Ordinals 0-15 are irregular; from 16 on, each version of a minor line takes two, the even one
 * for its snapshot and the odd one for its release. The table is therefore kept as lines of
 * patch numbers instead of 613 names.
 */
const FIRST_NAMES = [
  'V3_0_0_SNAPSHOT',
  'V3_0_0_ALPHA1',
  'V3_0_0_BETA1',
  'V3_0_0_BETA2',
  'V3_0_0_BETA3',
  'V3_0_0_BETA4',
  'V3_0_0_BETA5',
  'V3_0_0_BETA6_SNAPSHOT',
  'V3_0_0_BETA6',
  'V3_0_0_BETA7_SNAPSHOT',
  'V3_0_0_BETA7',
  'V3_0_0_BETA8_SNAPSHOT',
  'V3_0_0_BETA8',
  'V3_0_0_BETA9_SNAPSHOT',
  'V3_0_0_BETA9',
  'V3_0_0_FINAL',
];

/** Minor lines in order: the first and last patch of each; lines not named run from 0 to 9. */
const UNUSUAL_LINES: ReadonlyMap<string, readonly [number, number]> = new Map([
  ['V3_0', [1, 15]],
  ['V3_3', [1, 9]],
  ['V3_4', [1, 9]],
  ['V3_5', [1, 9]],
  ['V3_6', [1, 9]],
  ['V3_7', [1, 9]],
  ['V3_8', [1, 9]],
  ['V3_9', [1, 9]],
]);

const ORDINAL_NAMES: readonly string[] = listNames();
const ORDINALS: ReadonlyMap<string, number> = new Map(
  ORDINAL_NAMES.map((name, ordinal) => [name, ordinal]),
);

/** The version of RocketMQ that this process says it is. */
export const CURRENT_VERSION = 479;
export const CURRENT_VERSION_NAME = 'V5_3_3';

/** Versions at which the protocol changes, named as RocketMQ names them. */
export const Version = {
  V3_0_7_SNAPSHOT: 28,
  V3_0_11: 37,
  V3_1_8_SNAPSHOT: 62,
  V3_4_9: 121,
  V4_1_0_SNAPSHOT: 232,
  V4_9_4: 401,
  V5_0_0: 413,
  V5_3_1: 475,
  V5_3_3: CURRENT_VERSION,
} as const;

/** Name of an ordinal; anything past the table reads as its last entry, as in Java. */
export function versionName(ordinal: number): string {
  const last = ORDINAL_NAMES.length - 1;
  return ORDINAL_NAMES[Math.min(Math.max(ordinal, 0), last)] ?? 'HIGHER_VERSION';
}

/** Ordinal of a name such as `V5_3_3`, null when RocketMQ has no such version. */
export function versionOrdinal(name: string): number | null {
  return ORDINALS.get(name) ?? null;
}

function listNames(): string[] {
  const names = [...FIRST_NAMES];
  for (let major = 3; major <= 5; major++) {
    for (let minor = 0; minor <= 9; minor++) {
      const line = `V${major}_${minor}`;
      const [first, last] = UNUSUAL_LINES.get(line) ?? [0, 9];
      for (let patch = first; patch <= last; patch++) {
        names.push(`${line}_${patch}_SNAPSHOT`, `${line}_${patch}`);
      }
    }
  }
  names.push('HIGHER_VERSION');
  return names;
}
