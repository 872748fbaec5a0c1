/** Registrations and connections for tests of the name server. */
import { topicConfig } from '../../src/model/topic-config.ts';
import type { RegisterBrokerRequest } from '../../src/remoting/commands/register-broker.ts';
import type { Connection } from '../../src/remoting/server.ts';

export interface FakeConnection extends Connection {
  readonly closedFor: string[];
}

let lastId = 0;

export function fakeConnection(): FakeConnection {
  lastId++;
  const closedFor: string[] = [];
  return {
    id: lastId,
    remoteAddress: `10.0.0.1:${lastId}`,
    isOpen: true,
    closedFor,
    send: () => true,
    close: (reason) => {
      closedFor.push(reason);
    },
  };
}

export interface Registration extends Partial<Omit<RegisterBrokerRequest, 'body'>> {
  topics?: string[];
  /** Of all topics. */
  perm?: number;
  counter?: number;
  stateVersion?: number;
}

export function registration(parts: Registration = {}): RegisterBrokerRequest {
  const { topics = ['T', 'TBW102'], perm = 6, counter = 1, stateVersion = 0, ...fields } = parts;
  return {
    clusterName: 'C',
    brokerName: 'a',
    brokerAddr: '10.0.0.1:10911',
    brokerId: 0,
    haServerAddr: '10.0.0.1:10912',
    enableActingMaster: false,
    heartbeatTimeoutMillis: null,
    zoneName: null,
    isPart: false,
    ...fields,
    body: {
      dataVersion: { stateVersion, timestamp: 1, counter },
      topics: new Map(topics.map((name) => [name, topicConfig(name, { perm })])),
      filterServers: [],
      queueMappings: new Map(),
    },
  };
}
