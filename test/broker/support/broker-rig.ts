/** A broker over the fake data plane, with a temp store, a clock to turn and clients to play. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../../src/broker/broker.ts';
import type { KeyValue } from '../../../src/config/key.ts';
import { brokerSettings } from '../../../src/config/roles.ts';
import type { ConnectionId, WantedName } from '../../../src/dataplane/data-plane.ts';
import { FakeDataPlane, type Resolution } from '../../../src/dataplane/fake.ts';
import { silentLogger } from '../../../src/logging/logger.ts';
import { decodeFrame, encodeFrame } from '../../../src/remoting/frame.ts';
import {
  createRequest,
  isResponse,
  type RemotingCommand,
  type RequestParts,
} from '../../../src/remoting/remoting-command.ts';

export class Client {
  readonly connection: ConnectionId;
  readonly #rig: BrokerRig;
  /** Requests the broker made of this client. */
  readonly asked: RemotingCommand[] = [];
  readonly answers = new Map<number, (answer: RemotingCommand) => void>();

  constructor(rig: BrokerRig, connection: ConnectionId) {
    this.#rig = rig;
    this.connection = connection;
  }

  call(code: number, parts: RequestParts = {}): Promise<RemotingCommand> {
    const request = createRequest(code, parts);
    return new Promise((resolve) => {
      this.answers.set(request.opaque, resolve);
      this.send(request);
    });
  }

  /** Hands a command up without waiting for an answer. */
  send(command: RemotingCommand): void {
    const frame = encodeFrame(command).subarray(4);
    this.#rig.dataPlane.deliver({ frames: [{ connection: this.connection, frame }] });
  }

  close(): void {
    this.#rig.dataPlane.disconnect(this.connection);
  }
}

export class BrokerRig {
  readonly folder: string;
  readonly dataPlane = new FakeDataPlane();
  readonly clients = new Map<ConnectionId, Client>();
  readonly #settings: Record<string, KeyValue>;
  nowMs = Date.UTC(2026, 0, 1, 12);
  broker: Broker | null = null;

  private constructor(settings: Record<string, KeyValue>, folder: string | null) {
    this.#settings = settings;
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'turbopump-broker-'));
    this.dataPlane.onSend = ({ connection, frame }) => {
      const command = decodeFrame(frame.subarray(4));
      const client = this.clients.get(connection);
      if (isResponse(command)) client?.answers.get(command.opaque)?.(command);
      else client?.asked.push(command);
    };
  }

  /** A folder of an earlier rig makes a restart. */
  static async start(
    settings: Record<string, KeyValue> = {},
    folder: string | null = null,
  ): Promise<BrokerRig> {
    const rig = new BrokerRig(settings, folder);
    const config = brokerSettings();
    const fixed = {
      storePathRootDir: rig.folder,
      brokerName: 'broker-a',
      brokerIP1: '127.0.0.1',
      brokerIP2: '127.0.0.1',
      namesrvAddr: '',
    };
    for (const [key, value] of Object.entries({ ...fixed, ...rig.#settings })) {
      config.set(key, value);
    }
    rig.broker = await Broker.start({
      settings: config,
      openDataPlane: async () => rig.dataPlane,
      log: silentLogger(),
      now: () => rig.nowMs,
    });
    return rig;
  }

  client(remoteAddress = '127.0.0.1:50000'): Client {
    const connection = this.dataPlane.open(remoteAddress);
    const client = new Client(this, connection);
    this.clients.set(connection, client);
    return client;
  }

  /** Reports a wanted name and resolves with its resolution. */
  async want(wanted: Partial<WantedName> & { name: string }): Promise<Resolution> {
    const before = this.dataPlane.resolutions.length;
    const full: WantedName = {
      kind: 'topic',
      defaultTopic: 'TBW102',
      defaultTopicQueueNums: 4,
      internal: false,
      topicSysFlag: 0,
      connection: null,
      remoteAddress: null,
      ...wanted,
    };
    return new Promise((resolve) => {
      this.dataPlane.onResolve = () => {
        const resolution = this.dataPlane.resolutions[before];
        if (resolution !== undefined) resolve(resolution);
      };
      this.dataPlane.deliver({ wanted: [full] });
    });
  }

  path(name: string): string {
    return join(this.folder, 'config', name);
  }

  /** Stops the broker and keeps its folder for a restart. */
  async stop(): Promise<void> {
    await this.broker?.stop();
    this.broker = null;
  }

  async destroy(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Everything that was decided in this turn has left the broker. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
