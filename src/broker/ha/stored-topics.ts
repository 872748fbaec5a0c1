/**
 * Topics that came with the log and of which the master was lost before it could name them: their
 * messages are promised, so a slave that serves alone makes the topics, with the queues it has.
 * RocketMQ's slave answers "topic not exist" for up to a minute of new topics.
 */
import type { DataPlane } from '../../dataplane/data-plane.ts';
import { topicNameFault } from '../../model/topic-name.ts';
import type { Topics } from '../topics/topics.ts';

/** Resolves to the names made; the next copy from a master replaces them by its own. */
export async function nameStoredTopics(dataPlane: DataPlane, topics: Topics): Promise<string[]> {
  const unnamed = dataPlane
    .storedTopics()
    .filter((name) => topics.find(name) === null && topicNameFault(name) === null);
  for (const name of unnamed) {
    const ids = dataPlane.queueBounds(name).map(({ queueId }) => queueId);
    await topics.createForGroup(name, { queueNums: Math.max(0, ...ids) + 1 });
  }
  return unnamed;
}
