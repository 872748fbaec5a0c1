/** Bits of `topicSysFlag` (Java `TopicSysFlag`): units are RocketMQ's disaster-recovery cells. */
const UNIT = 1;
const UNIT_SUB = 2;

export function topicSysFlag(unit: boolean, unitSub: boolean): number {
  return (unit ? UNIT : 0) | (unitSub ? UNIT_SUB : 0);
}

export function hasUnitFlag(sysFlag: number): boolean {
  return (sysFlag & UNIT) !== 0;
}

export function hasUnitSubFlag(sysFlag: number): boolean {
  return (sysFlag & UNIT_SUB) !== 0;
}
