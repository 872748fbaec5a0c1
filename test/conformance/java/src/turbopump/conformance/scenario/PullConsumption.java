package turbopump.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** The lite pull consumer: assign, read, seek back and forth, commit, and find the commit again. */
public final class PullConsumption implements Scenario {
    private static final int COUNT = 50;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 2);
        String group = cluster.name("group");
        DefaultMQProducer producer = cluster.producer();
        MessageQueue queue = cluster.queues(producer, topic).get(0);
        for (int i = 0; i < COUNT; i++) {
            SendResult result = producer.send(new Message(topic, new byte[] {(byte) i}), queue);
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        }
        DefaultLitePullConsumer consumer = cluster.litePullConsumer(group);
        consumer.setAutoCommit(false);
        consumer.start();
        Check.same(consumer.fetchMessageQueues(topic).size(), 2, "queues");
        consumer.assign(List.of(queue));
        consumer.seekToBegin(queue);
        requireFrom(poll(consumer, COUNT), 0);
        consumer.commitSync();
        Check.eventually("the committed offset", 10, () -> consumer.committed(queue) == COUNT);
        consumer.seek(queue, COUNT - 5);
        requireFrom(poll(consumer, 5), COUNT - 5);
        consumer.seekToEnd(queue);
        SendResult last = producer.send(new Message(topic, new byte[] {(byte) COUNT}), queue);
        List<MessageExt> tail = poll(consumer, 1);
        Check.same(tail.get(0).getMsgId(), last.getMsgId(), "id of the message after the end");
        Check.same(consumer.offsetForTimestamp(queue, 0L), 0L, "offset of an early time");
        report.put("polled", COUNT + 6);
    }

    private static List<MessageExt> poll(DefaultLitePullConsumer consumer, int count)
            throws InterruptedException {
        List<MessageExt> polled = new ArrayList<>();
        Check.eventually("poll of " + count + " messages", 20, () -> {
            polled.addAll(consumer.poll(500));
            return polled.size() >= count;
        });
        Check.same(polled.size(), count, "messages polled");
        return polled;
    }

    private static void requireFrom(List<MessageExt> polled, int first) {
        for (int i = 0; i < polled.size(); i++) {
            Check.same(polled.get(i).getQueueOffset(), (long) first + i, "queue offset");
            Check.same(polled.get(i).getBody()[0], (byte) (first + i), "body");
        }
    }
}
