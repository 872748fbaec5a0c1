/** What 315 tells of one name (Java BrokerStatsItem, BrokerStatsData). */
export interface StatFigures {
  readonly sum: number;
  /** Of the sum, per second. */
  readonly tps: number;
  /** The sum by the number of requests that made it. */
  readonly avgpt: number;
}

export interface StatPeriods {
  readonly minute: StatFigures;
  readonly hour: StatFigures;
  readonly day: StatFigures;
}
