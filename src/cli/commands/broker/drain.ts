/**
 * `mqadmin drain`: closes a broker for writes and says when it may be stopped. Ours alone.
 *
 * Ctrl-C and `--timeout` end the watching only: the broker stays closed until `--undo`, also over
 * restarts. Exit code 0 means safe to stop, and nothing else does.
 */
import type { GroupBacklog } from '../../../admin/drain/backlog.ts';
import {
  brokerToDrain,
  type Closing,
  closeForWrites,
  type DrainedBroker,
  openForWrites,
} from '../../../admin/drain/index.ts';
import { drainLooks, type Look } from '../../../admin/drain/watch.ts';
import { type CliCommand, integerOf, option, requiredText, textOf } from '../../command.ts';
import { formatSeconds, type Output } from '../../output.ts';

export const drain: CliCommand = {
  name: 'drain',
  group: 'broker',
  description: 'Close a broker for writes, follow its backlog, say when it is safe to stop.',
  lists: true,
  options: [
    option('b', 'broker', 'Broker name, or address of its master', { required: true }),
    option('u', 'undo', 'Open the broker for writes again', { takesValue: false }),
    option('i', 'ignoreGroups', 'Groups not to wait for, separated by commas'),
    option(null, 'timeout', 'Seconds to wait; without it there is no limit'),
  ],
  async run(args, { admin, out }) {
    const broker = await brokerToDrain(admin, requiredText(args, 'broker'));
    if (args.has('undo')) {
      printTold(await openForWrites(admin, broker), out);
      out.line(`${nameOf(broker)} takes messages again.`);
      return;
    }
    const ignored = new Set((textOf(args, 'ignoreGroups') ?? '').split(',').map(trimmed));
    const limitMs = integerOf(args, 'timeout', Number.MAX_SAFE_INTEGER / 1000) * 1000;
    const closing = await closeForWrites(admin, broker);
    printClosing(broker, closing, out);
    const endMs = performance.now() + limitMs;
    let shown = '';
    for await (const look of drainLooks(admin, broker, { ...closing, ignored })) {
      const state = stateText(look, ignored);
      if (state !== shown) out.line(`${formatSeconds(Date.now())} ${state}`);
      shown = state;
      if (look.isSafe) printSafe(broker, look, ignored, out);
      else if (performance.now() >= endMs) {
        out.record(recordOf(broker, look));
        out.problem(`${nameOf(broker)} is not safe to stop: ${state}`);
        return;
      }
    }
  },
};

function trimmed(text: string): string {
  return text.trim();
}

function nameOf({ brokerName, address }: DrainedBroker): string {
  return `${brokerName} (${address})`;
}

function printClosing(broker: DrainedBroker, closing: Closing, out: Output): void {
  out.line(`${nameOf(broker)} takes no messages from now on, restarts included.`);
  out.line(`Undo: mqadmin drain -b ${broker.brokerName} --undo. Ctrl-C ends the watching only.`);
  printTold(closing, out);
  if (closing.refusesSends) return;
  out.line('It is a broker of RocketMQ, which cannot refuse sends: senders leave it when they');
  out.line('hear of the new route. Half transactions and timer messages of it are not followed.');
}

function printTold({ told, failed }: Pick<Closing, 'told' | 'failed'>, out: Output): void {
  for (const { nameServer, topics } of told)
    out.line(`name server ${nameServer}: ${topics} topics`);
  // No cause to fail: the broker tells them itself when it next can.
  for (const { nameServer, cause } of failed) out.line(`name server ${nameServer}: ${cause}`);
}

function stateText({ haveSendsEnded, delayed, groups }: Look, ignored: Set<string>): string {
  const behind = groups.filter((each) => each.behind > 0 && !ignored.has(each.group));
  const parts = [
    haveSendsEnded ? 'sends ended' : 'sends may still come',
    `${delayed} delayed`,
    ...behind.map(groupText),
  ];
  return parts.join(', ');
}

function groupText({ group, topic, behind, isOnline }: GroupBacklog): string {
  return `${group} ${behind} behind in ${topic}${isOnline ? '' : ' (offline)'}`;
}

function printSafe(broker: DrainedBroker, look: Look, ignored: Set<string>, out: Output): void {
  for (const { topic, messages } of look.unread) {
    out.line(`not counted: ${messages} messages of ${topic}, which no group consumes`);
  }
  for (const each of look.groups) {
    const { group, topic, behind, isBroadcasting } = each;
    if (isBroadcasting) out.line(`not counted: ${group} on ${topic}, as it is broadcasting`);
    else if (behind > 0 && ignored.has(group)) out.line(`ignored: ${groupText(each)}`);
  }
  out.line(`${nameOf(broker)} is safe to stop.`);
  out.record(recordOf(broker, look));
}

function recordOf({ brokerName, address }: DrainedBroker, look: Look) {
  const { isSafe, haveSendsEnded, delayed, groups, unread } = look;
  return {
    ...{ brokerName, address, isSafe, haveSendsEnded, delayed },
    groups: groups.map((each) => ({ ...each })),
    unread: unread.map((each) => ({ ...each })),
  };
}
