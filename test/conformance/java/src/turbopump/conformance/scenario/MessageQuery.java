package turbopump.conformance.scenario;

import java.util.Arrays;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** By the offset id, by the client's id and by key the same message is found. */
public final class MessageQuery implements Scenario {
    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 2);
        DefaultMQProducer producer = cluster.producer();
        long beginMs = System.currentTimeMillis() - 60_000;
        MessageQueue queue = cluster.queues(producer, topic).get(1);
        byte[] body = {7, 8, 9};
        SendResult result = producer.send(new Message(topic, "tag", "k1 k2", body), queue);
        producer.send(new Message(topic, "tag", "k2", new byte[] {1}), queue);

        requireSame(producer.viewMessage(topic, result.getOffsetMsgId()), result, body, queue);
        Check.eventually("view by the client's id", 10, () -> {
            requireSame(producer.viewMessage(topic, result.getMsgId()), result, body, queue);
            return true;
        });
        long endMs = System.currentTimeMillis() + 60_000;
        Check.eventually("two messages of key k2", 10, () ->
            producer.queryMessage(topic, "k2", 32, beginMs, endMs).getMessageList().size() == 2);
        var found = producer.queryMessage(topic, "k1", 32, beginMs, endMs).getMessageList();
        Check.same(found.size(), 1, "messages of key k1");
        requireSame(found.get(0), result, body, queue);
        Check.same(producer.minOffset(queue), 0L, "min offset");
        Check.same(producer.maxOffset(queue), 2L, "max offset");
        Check.same(producer.searchOffset(queue, beginMs), 0L, "offset of an early time");
        Check.that(producer.earliestMsgStoreTime(queue) >= beginMs, "earliest store time");
        report.put("found", 3);
    }

    private static void requireSame(
            MessageExt message, SendResult sent, byte[] body, MessageQueue queue) {
        Check.same(message.getMsgId(), sent.getMsgId(), "id");
        Check.that(Arrays.equals(message.getBody(), body), "the body differs");
        Check.same(message.getKeys(), "k1 k2", "keys");
        Check.same(message.getTopic(), queue.getTopic(), "topic");
        Check.same(message.getQueueId(), queue.getQueueId(), "queue");
        Check.same(message.getQueueOffset(), sent.getQueueOffset(), "queue offset");
    }
}
