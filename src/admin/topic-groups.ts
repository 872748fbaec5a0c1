/** The groups that consume a topic, as a broker knows them and without what is none. */
import type { AdminClient } from './admin-client.ts';

/**
 * Broker 5.3.3 names a topic as a consumer group of itself (its `ConsumerManager` adds a
 * subscription's topic where the group belongs). Every true group has settings at its broker.
 */
export async function consumingGroups(
  admin: AdminClient,
  broker: string,
  topic: string,
): Promise<string[]> {
  const named = await admin.topics.groupsInBroker(broker, topic);
  if (!named.includes(topic)) return named;
  const settings = await admin.groups.all(broker);
  return named.filter((group) => group !== topic || settings.has(group));
}
