/** `mqadmin whereIs`: where a message is and what became of it. Ours alone; asks any broker. */

import { whereIs as askWhereIs } from '../../../admin/where-is/index.ts';
import type { MessageStory, WhereIs } from '../../../admin/where-is/story.ts';
import type { JsonWritable } from '../../../remoting/fastjson.ts';
import { type CliCommand, option, requiredText, textOf } from '../../command.ts';
import { absenceLines, messageLines } from './where-is-text.ts';

export const whereIs: CliCommand = {
  name: 'whereIs',
  group: 'message',
  description: 'Tell where a message is and what became of it.',
  lists: true,
  options: [
    option('i', 'msgId', 'Offset message id, unique message id or message key', { required: true }),
    option('t', 'topic', 'Topic name; without it every topic is searched'),
    option('g', 'consumerGroup', 'A group to tell of even if it does not consume the topic'),
  ],
  async run(args, { admin, out }) {
    const story = await askWhereIs(admin, {
      id: requiredText(args, 'msgId'),
      topic: textOf(args, 'topic'),
      group: textOf(args, 'consumerGroup'),
    });
    for (const { brokerName, brokerId, address, cause } of story.silent) {
      out.problem(`${brokerName} (id ${brokerId}, ${address}) cannot be asked: ${cause}`);
    }
    for (const message of story.messages) {
      for (const line of messageLines(message)) out.line(line);
      out.record(jsonOf(story.asked, message));
    }
    if (story.more > 0) out.line(`${story.more} more messages have this key.`);
    for (const line of absenceLines(story)) out.line(line);
    if (story.absence !== null) out.record(absentJson(story));
  },
};

/** Members in the order of their declaration: a Map keeps it, an object is sorted by name. */
function ordered(value: object): Map<string, JsonWritable> {
  return new Map(Object.entries(value).map(([name, member]) => [name, jsonMember(member)]));
}

function jsonMember(member: unknown): JsonWritable {
  if (Array.isArray(member)) return member.map(jsonMember);
  if (typeof member === 'object' && member !== null) return ordered(member);
  if (typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean') {
    return member;
  }
  return null;
}

function jsonOf(asked: string, message: MessageStory): Record<string, JsonWritable> {
  const { messageId, origin, copies } = message;
  const told = { asked, found: true, messageId, origin, copies };
  return Object.fromEntries(ordered(told));
}

function absentJson({ asked, absence }: WhereIs): Record<string, JsonWritable> {
  return Object.fromEntries(ordered({ asked, found: false, ...absence }));
}
