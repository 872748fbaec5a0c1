/** A door to a broker over the fake data plane, for those who speak to it over a socket. */

import { type RemotingCommand, reply } from '../../../src/remoting/remoting-command.ts';
import { RequestCode } from '../../../src/remoting/request-code.ts';
import { ResponseCode } from '../../../src/remoting/response-code.ts';
import { RemotingServer } from '../../../src/remoting/server.ts';
import type { BrokerRig } from './broker-rig.ts';

/** What a slave asks its master. */
const CODES: readonly number[] = [
  RequestCode.GET_ALL_TOPIC_CONFIG,
  RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
  RequestCode.GET_ALL_CONSUMER_OFFSET,
  RequestCode.GET_ALL_DELAY_OFFSET,
  RequestCode.GET_ALL_MESSAGE_REQUEST_MODE,
  RequestCode.GET_BROKER_RUNTIME_INFO,
];

export interface SocketDoor {
  readonly address: string;
  /** In the order in which they came. */
  readonly requests: RemotingCommand[];
  bytesAnswered(): number;
  close(): Promise<void>;
}

/** As a RocketMQ broker when `likeJava`: it does not know the fields that turbopump adds. */
export async function serveOverSocket(rig: BrokerRig, likeJava = false): Promise<SocketDoor> {
  const requests: RemotingCommand[] = [];
  let bytes = 0;
  const handOn = async (request: RemotingCommand) => {
    requests.push(request);
    const extFields = likeJava ? {} : request.extFields;
    const answer = await rig.client().call(request.code, { extFields, body: request.body });
    bytes += answer.body.length;
    return reply(answer.code, answer);
  };
  // The data plane answers commits itself.
  const commit = async (request: RemotingCommand) => {
    requests.push(request);
    return reply(ResponseCode.SUCCESS);
  };
  const server = new RemotingServer(
    { bindAddress: '127.0.0.1', port: 0 },
    new Map([
      ...CODES.map((code) => [code, handOn] as const),
      [RequestCode.UPDATE_CONSUMER_OFFSET, commit] as const,
    ]),
    {
      onFault: (error) => {
        throw error;
      },
    },
  );
  const port = await server.listen();
  return {
    address: `127.0.0.1:${port}`,
    requests,
    bytesAnswered: () => bytes,
    close: () => server.close(),
  };
}
