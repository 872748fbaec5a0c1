/** Key-value pairs: 100, 101, 102, 219. */
import { encodeKvTable } from '../../remoting/bodies/kv-table.ts';
import { readDeleteKvConfig } from '../../remoting/commands/delete-kv-config.ts';
import { readGetKvConfig } from '../../remoting/commands/get-kv-config.ts';
import { readGetKvListByNamespace } from '../../remoting/commands/get-kv-list-by-namespace.ts';
import { readPutKvConfig } from '../../remoting/commands/put-kv-config.ts';
import { Refusal } from '../../remoting/errors.ts';
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { RequestCode } from '../../remoting/request-code.ts';
import { ResponseCode } from '../../remoting/response-code.ts';
import { type HandlerTable, type NameServerContext, success } from './context.ts';

export function kvHandlers(context: NameServerContext): HandlerTable {
  return [
    [RequestCode.PUT_KV_CONFIG, (request) => put(context, request)],
    [RequestCode.GET_KV_CONFIG, (request) => get(context, request)],
    [RequestCode.DELETE_KV_CONFIG, (request) => remove(context, request)],
    [RequestCode.GET_KVLIST_BY_NAMESPACE, (request) => list(context, request)],
  ];
}

async function put(context: NameServerContext, request: RemotingCommand): Promise<Reply> {
  const { namespace, key, value } = readPutKvConfig(request);
  await context.kv.put(namespace, key, value ?? '');
  return success();
}

function get(context: NameServerContext, request: RemotingCommand): Reply {
  const { namespace, key } = readGetKvConfig(request);
  const value = context.kv.get(namespace, key);
  if (value === null) {
    throw new Refusal(
      ResponseCode.QUERY_NOT_FOUND,
      `No config item, Namespace: ${namespace} Key: ${key}`,
    );
  }
  return reply(ResponseCode.SUCCESS, { extFields: { value } });
}

async function remove(context: NameServerContext, request: RemotingCommand): Promise<Reply> {
  const { namespace, key } = readDeleteKvConfig(request);
  await context.kv.remove(namespace, key);
  return success();
}

function list(context: NameServerContext, request: RemotingCommand): Reply {
  const { namespace } = readGetKvListByNamespace(request);
  const table = context.kv.namespace(namespace);
  if (table === null) {
    throw new Refusal(ResponseCode.QUERY_NOT_FOUND, `No config item, Namespace: ${namespace}`);
  }
  return success(encodeKvTable(table));
}
