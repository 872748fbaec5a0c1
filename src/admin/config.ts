/** Configuration of brokers and name servers, and the name servers' key-value store. */
import { decodePropertyBytes, parseProperties } from '../config/properties.ts';
import type { RemotingCommand } from '../remoting/remoting-command.ts';
import { RequestCode } from '../remoting/request-code.ts';
import type { Asker } from './asker.ts';

export class ConfigAdmin {
  readonly #asker: Asker;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  async ofBroker(broker: string): Promise<Map<string, string>> {
    const answer = await this.#asker.ask(broker, RequestCode.GET_BROKER_CONFIG);
    return propertiesOf(answer);
  }

  async ofNameServer(nameServer: string): Promise<Map<string, string>> {
    const answer = await this.#asker.ask(nameServer, RequestCode.GET_NAMESRV_CONFIG);
    return propertiesOf(answer);
  }

  async updateBroker(broker: string, values: ReadonlyMap<string, string>): Promise<void> {
    const body = textOf(values);
    await this.#asker.ask(broker, RequestCode.UPDATE_BROKER_CONFIG, { body });
  }

  /** Updates every name server that the client was given. */
  async updateNameServers(values: ReadonlyMap<string, string>): Promise<void> {
    const body = textOf(values);
    await this.#asker.tellNameServers(RequestCode.UPDATE_NAMESRV_CONFIG, { body });
  }

  async putKv(namespace: string, key: string, value: string): Promise<void> {
    const fields = { namespace, key, value };
    await this.#asker.tellNameServers(RequestCode.PUT_KV_CONFIG, { fields });
  }

  async deleteKv(namespace: string, key: string): Promise<void> {
    const fields = { namespace, key };
    await this.#asker.tellNameServers(RequestCode.DELETE_KV_CONFIG, { fields });
  }

  /** Takes writing from a broker's topics in one name server's routes; how many topics. */
  async wipeWritePerm(nameServer: string, brokerName: string): Promise<number> {
    const code = RequestCode.WIPE_WRITE_PERM_OF_BROKER;
    const answer = await this.#asker.ask(nameServer, code, { fields: { brokerName } });
    return Number(answer.extFields.get('wipeTopicCount') ?? 0);
  }

  async addWritePerm(nameServer: string, brokerName: string): Promise<number> {
    const code = RequestCode.ADD_WRITE_PERM_OF_BROKER;
    const answer = await this.#asker.ask(nameServer, code, { fields: { brokerName } });
    return Number(answer.extFields.get('addTopicCount') ?? 0);
  }
}

function propertiesOf(answer: RemotingCommand): Map<string, string> {
  const text = decodePropertyBytes(answer.body);
  return new Map(parseProperties(text).map(({ key, value }) => [key, value]));
}

// RocketMQ writes the value as it is (MixAll.properties2String) and loads it as properties text,
// so a line break would smuggle in a second key.
function textOf(values: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [key, value] of values) {
    if (/[\r\n=]/.test(key) || /[\r\n]/.test(value)) {
      throw new Error(`configuration ${JSON.stringify(key)} holds a line break or '='`);
    }
    text += `${key}=${value}\n`;
  }
  return text;
}
