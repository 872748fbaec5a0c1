/** A topic's settings as Java's `TopicConfig.toString` shows them. */
import type { TopicSettings } from '../../../admin/answers.ts';
import { javaMap } from '../../output.ts';

export function topicConfigText(settings: TopicSettings): string {
  const perm = `${settings.perm & 4 ? 'R' : '-'}${settings.perm & 2 ? 'W' : '-'}`;
  const fields: [string, string | number][] = [
    ['topicName', settings.topicName],
    ['readQueueNums', settings.readQueueNums],
    ['writeQueueNums', settings.writeQueueNums],
    ['perm', `${perm}${settings.perm & 1 ? 'X' : '-'}`],
    ['topicFilterType', 'SINGLE_TAG'],
    ['topicSysFlag', settings.topicSysFlag],
    ['order', String(settings.order)],
    ['attributes', javaMap(settings.attributes)],
  ];
  return `TopicConfig [${fields.map(([key, value]) => `${key}=${value}`).join(', ')}]`;
}
