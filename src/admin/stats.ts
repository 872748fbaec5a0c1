/** Counters of a broker over the last minute, hour and day. */
import { RequestCode } from '../remoting/request-code.ts';
import type { BrokerStats } from './answers.ts';
import type { Asker } from './asker.ts';
import { decodeBrokerStats } from './decode-status.ts';

export class StatsAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** `name` as in Java `Stats` (TOPIC_PUT_NUMS), `key` the topic or `topic@group`. */
  async view(broker: string, name: string, key: string): Promise<BrokerStats> {
    const fields = { statsName: name, statsKey: key };
    const code = RequestCode.VIEW_BROKER_STATS_DATA;
    return decodeBrokerStats((await this.#asker.ask(broker, code, { fields })).body);
  }
}

/** Messages of the last day, or of the widest span that is not 0: a young broker has no day. */
export function dayCount({ day, hour, minute }: BrokerStats): number {
  return day.sum || hour.sum || minute.sum;
}
