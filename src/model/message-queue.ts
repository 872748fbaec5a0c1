/** One queue of a topic on one broker set (Java `MessageQueue`). */
export interface MessageQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}
