/**
 * How a turbopump slave asks its master for a table every second without moving it every second.
 *
 * The question carries the tag of the copy that the slave has; a master that knows tags answers
 * with the tag of its table, and without a body when the two are the same. Both are fields that
 * a RocketMQ peer of either side neither sends nor reads, so it is always told the whole table.
 */
import { type RemotingCommand, type Reply, reply } from '../../remoting/remoting-command.ts';
import { ResponseCode } from '../../remoting/response-code.ts';

const ASKED = 'knownTableTag';
const ANSWERED = 'tableTag';
/** What is asked with before the first copy. */
const NONE = 'none';

export interface TableTag {
  /** One life of the master: equal tags of two lives say nothing. */
  readonly boot: string;
  readonly version: string;
}

function textOf(tag: TableTag | null): string {
  return tag === null ? NONE : `${tag.boot}.${tag.version}`;
}

/** Field of a question about the table of which `known` was copied last. */
export function knownTag(known: TableTag | null): Record<string, string> {
  return { [ASKED]: textOf(known) };
}

/** The tag of an answer, null when the master does not know tags. */
export function answeredTag(answer: RemotingCommand): TableTag | null {
  const [, boot, version] = /^([^.]+)\.(.+)$/.exec(answer.extFields.get(ANSWERED) ?? '') ?? [];
  return boot === undefined || version === undefined ? null : { boot, version };
}

/** `body` is asked for only when the slave does not have it. */
export function taggedReply(
  request: RemotingCommand,
  tag: TableTag,
  parts: { body: () => string; extFields?: Record<string, number> },
): Reply {
  const { body, extFields = {} } = parts;
  const known = request.extFields.get(ASKED);
  if (known === undefined) return reply(ResponseCode.SUCCESS, { extFields, body: body() });
  const answered = { ...extFields, [ANSWERED]: textOf(tag) };
  return known === textOf(tag)
    ? reply(ResponseCode.SUCCESS, { extFields: answered })
    : reply(ResponseCode.SUCCESS, { extFields: answered, body: body() });
}

export function sameTag(left: TableTag | null, right: TableTag): boolean {
  return textOf(left) === textOf(right);
}
