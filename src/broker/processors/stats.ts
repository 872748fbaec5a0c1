/** 315: one stat by name and key, over a minute, an hour and a day (Java ViewBrokerStatsData). */
import { Refusal } from '../../remoting/errors.ts';
import { stringifyJson } from '../../remoting/fastjson.ts';
import { requiredText } from '../../remoting/fields.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import type { BrokerParts, Family } from './parts.ts';

export const statsFamily: Family = (parts) => [
  [RequestCode.VIEW_BROKER_STATS_DATA, (request) => viewStats(parts, request)],
];

function viewStats(parts: BrokerParts, request: RemotingCommand): Reply {
  const name = requiredText(request.extFields, 'statsName');
  const key = requiredText(request.extFields, 'statsKey');
  const found = parts.traffic.stat(name, key);
  if (found === null) {
    throw new Refusal(
      ResponseCode.SYSTEM_ERROR,
      `The stats <${name.slice(0, 64)}> <${key.slice(0, 255)}> not exist`,
    );
  }
  const { minute, hour, day } = found;
  return reply(ResponseCode.SUCCESS, {
    body: stringifyJson({
      statsMinute: { ...minute },
      statsHour: { ...hour },
      statsDay: { ...day },
    }),
  });
}
