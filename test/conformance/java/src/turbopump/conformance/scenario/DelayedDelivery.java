package turbopump.conformance.scenario;

import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** Delay level 1 is one second, counted from the store; level 2 is five. */
public final class DelayedDelivery implements Scenario {
    private static final long LEVEL_1_MS = 1_000;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 1);
        DefaultMQProducer producer = cluster.producer();
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "tag");
        Message delayed = new Message(topic, "tag", "key", new byte[] {1});
        delayed.setDelayTimeLevel(1);
        delayed.putUserProperty("kept", "yes");
        SendResult result = producer.send(delayed);
        producer.send(new Message(topic, "tag", "key", new byte[] {2}));

        inbox.await(2, 20);
        MessageExt second = inbox.all().stream()
            .filter(message -> message.getBody()[0] == 1).findFirst().orElseThrow();
        Check.same(second.getQueueOffset(), 1L, "place behind the message sent after it");
        Check.same(second.getMsgId(), result.getMsgId(), "id");
        Check.same(second.getTopic(), topic, "topic");
        Check.same(second.getTags(), "tag", "tags");
        Check.same(second.getUserProperty("kept"), "yes", "property");
        long lateMs = second.getStoreTimestamp() - second.getBornTimestamp();
        report.put("delayedMs", lateMs);
        Check.that(lateMs >= LEVEL_1_MS - 20, "stored again after only " + lateMs + " ms");
        Check.that(lateMs < LEVEL_1_MS + 3_000, "stored again only after " + lateMs + " ms");
    }
}
