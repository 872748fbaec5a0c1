/** Consumer groups: their settings and how messages are handed to their members. */
import type { DataVersion } from '../model/data-version.ts';
import { stringifyJson } from '../remoting/fastjson.ts';
import { RequestCode } from '../remoting/request-code.ts';
import type { GroupSettings } from './answers.ts';
import type { Asker } from './asker.ts';
import { decodeGroupConfigs, decodeTableVersion, groupConfigJson } from './decode-settings.ts';

export interface RequestMode {
  topic: string;
  consumerGroup: string;
  mode: 'PULL' | 'POP';
  /** Queues that members share when popping; 0 shares all. */
  popShareQueueNum: number;
}

export class GroupAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async update(broker: string, settings: GroupSettings): Promise<void> {
    const body = stringifyJson(groupConfigJson(settings));
    await this.#asker.ask(broker, RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, { body });
  }

  async updateMany(broker: string, groups: readonly GroupSettings[]): Promise<void> {
    const body = stringifyJson({ groupConfigList: groups.map(groupConfigJson) });
    const code = RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST;
    await this.#asker.ask(broker, code, { body, timeoutMs: this.#asker.timeoutMs * 3 });
  }

  /** Removes the group's settings, and its offsets with `cleanOffset`. */
  async delete(broker: string, groupName: string, cleanOffset: boolean): Promise<void> {
    const fields = { groupName, cleanOffset };
    await this.#asker.ask(broker, RequestCode.DELETE_SUBSCRIPTIONGROUP, { fields });
  }

  async setRequestMode(broker: string, mode: RequestMode): Promise<void> {
    const body = stringifyJson({ ...mode });
    await this.#asker.ask(broker, RequestCode.SET_MESSAGE_REQUEST_MODE, { body });
  }

  /** Settings of every group of the broker by name (Java `getAllSubscriptionGroup`). */
  async all(broker: string): Promise<Map<string, GroupSettings>> {
    const code = RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG;
    return decodeGroupConfigs((await this.#asker.ask(broker, code, { timeoutMs: 10_000 })).body);
  }

  /** Settings of the broker's groups that users made. */
  async userGroups(broker: string): Promise<Map<string, GroupSettings>> {
    return (await this.userGroupTable(broker)).groups;
  }

  /** The same with the version of the broker's group table. */
  async userGroupTable(
    broker: string,
  ): Promise<{ dataVersion: DataVersion; groups: Map<string, GroupSettings> }> {
    const code = RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG;
    const { body } = await this.#asker.ask(broker, code, { timeoutMs: 10_000 });
    const groups = decodeGroupConfigs(body);
    for (const name of groups.keys()) if (isSystemGroup(name)) groups.delete(name);
    return { dataVersion: decodeTableVersion(body), groups };
  }
}

const predefined = new Set([
  'DEFAULT_CONSUMER',
  'DEFAULT_PRODUCER',
  'TOOLS_CONSUMER',
  'SCHEDULE_CONSUMER',
  'FILTERSRV_CONSUMER',
  '__MONITOR_CONSUMER',
  'CLIENT_INNER_PRODUCER',
  'SELF_TEST_P_GROUP',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_ONSAPI_PULL',
]);

/** Java MixAll.isSysConsumerGroup and isPredefinedGroup. */
function isSystemGroup(name: string): boolean {
  return name.startsWith('CID_RMQ_SYS_') || predefined.has(name);
}
