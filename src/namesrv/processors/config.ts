/**
 * The running configuration: 318 changes it, 319 reads it.
 *
 * Only keys that the tables mark hot can be changed: no path, port or command ever comes from a
 * request (RocketMQ names what may not change instead, and had CVE-2023-37582).
 */
import { decodePropertyBytes, parseProperties } from '../../config/properties.ts';
import { ConfigError, ForbiddenChange } from '../../config/settings.ts';
import { Refusal } from '../../remoting/errors.ts';
import type { RemotingCommand, Reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { ConfigKeeper } from '../own-config.ts';
import { type HandlerTable, type NameServerContext, success } from './context.ts';

export function configHandlers(context: NameServerContext): HandlerTable {
  const keeper = new ConfigKeeper(context.settings, context.configFile);
  return [
    [RequestCode.UPDATE_NAMESRV_CONFIG, (request) => update(context, keeper, request)],
    [RequestCode.GET_NAMESRV_CONFIG, () => success(`${context.settings.lines().join('\n')}\n`)],
  ];
}

async function update(
  context: NameServerContext,
  keeper: ConfigKeeper,
  request: RemotingCommand,
): Promise<Reply> {
  const changed = apply(context, request.body);
  context.logger.info({ changed }, 'configuration changed');
  await keeper.keep(changed);
  return success();
}

function apply(context: NameServerContext, body: Uint8Array): string[] {
  try {
    return context.settings.update(parseProperties(decodePropertyBytes(body)));
  } catch (error) {
    if (error instanceof ForbiddenChange) {
      throw new Refusal(ResponseCode.NO_PERMISSION, error.message);
    }
    if (error instanceof ConfigError) {
      throw new Refusal(ResponseCode.SYSTEM_ERROR, `the request is at fault: ${error.message}`);
    }
    throw error;
  }
}
