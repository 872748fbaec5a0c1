package turbopump.conformance.scenario;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/**
 * The same messages under the same names whenever it runs, consumed half, so that what mqadmin
 * then shows of two clusters can be compared.
 */
public final class FixedTraffic implements Scenario {
    private static final int QUEUES = 4;
    private static final int CONSUMED = 20;
    private static final int LEFT = 8;
    private static final String TOPIC = "FixedTopic";
    private static final String GROUP = "FixedGroup";

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createNamedTopic(TOPIC, QUEUES);
        DefaultMQProducer producer = cluster.producer();
        List<MessageQueue> queues = cluster.queues(producer, topic);
        String firstOffsetId = send(producer, queues, 0, CONSUMED);
        var consumer = cluster.pushConsumer(GROUP);
        Inbox inbox = Inbox.consume(consumer, topic, "*");
        inbox.await(CONSUMED, 20);
        consumer.shutdown();
        send(producer, queues, CONSUMED, CONSUMED + LEFT);
        long beginMs = System.currentTimeMillis() - 60_000;
        Check.eventually("the last message in the index", 10, () ->
            producer.queryMessage(topic, "key-" + (CONSUMED + LEFT - 1), 8, beginMs,
                System.currentTimeMillis() + 60_000).getMessageList().size() == 1);
        report.put("topic", TOPIC);
        report.put("group", GROUP);
        report.put("offsetMsgId", firstOffsetId);
    }

    private static String send(
            DefaultMQProducer producer, List<MessageQueue> queues, int from, int to)
            throws Exception {
        String firstOffsetId = null;
        for (int i = from; i < to; i++) {
            byte[] body = ("body " + i).getBytes(StandardCharsets.UTF_8);
            Message message = new Message(TOPIC, "tag", "key-" + i, body);
            message.putUserProperty("place", Integer.toString(i));
            SendResult result = producer.send(message, queues.get(i % QUEUES));
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
            firstOffsetId = firstOffsetId == null ? result.getOffsetMsgId() : firstOffsetId;
        }
        return firstOffsetId;
    }
}
