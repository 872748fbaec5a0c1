package turbopump.conformance.scenario;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** A batch is stored as its messages: each has its own offset, key, tag, property and body. */
public final class BatchSend implements Scenario {
    private static final int SIZE = 100;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 2);
        DefaultMQProducer producer = cluster.producer();
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "even");
        MessageQueue queue = cluster.queues(producer, topic).get(1);

        SendResult result = producer.send(messages(topic), queue);
        Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        Check.same(result.getMsgId().split(",").length, SIZE, "ids in the answer");
        Check.same(result.getOffsetMsgId().split(",").length, SIZE, "offset ids in the answer");
        Check.same(result.getQueueOffset(), 0L, "queue offset of the first message");
        Check.same(producer.maxOffset(queue), (long) SIZE, "max offset of the queue");

        inbox.await(SIZE / 2, 20);
        Map<Long, MessageExt> byOffset = new HashMap<>();
        inbox.all().forEach(message -> byOffset.put(message.getQueueOffset(), message));
        Check.same(byOffset.size(), SIZE / 2, "distinct offsets delivered");
        int ownIds = 0;
        for (int i = 0; i < SIZE; i += 2) {
            MessageExt message = byOffset.get((long) i);
            Check.that(message != null, "offset " + i + " was not delivered");
            Check.same(new String(message.getBody(), StandardCharsets.UTF_8), "body " + i, "body");
            Check.same(message.getKeys(), "key-" + i, "keys");
            Check.same(message.getTags(), "even", "tags");
            Check.same(message.getUserProperty("position"), Integer.toString(i), "property");
            Check.same(message.getQueueId(), queue.getQueueId(), "queue");
            boolean own = message.getMsgId().equals(result.getMsgId().split(",")[i]);
            ownIds += own ? 1 : 0;
        }
        // Client 5.3.3 gives the batch an id besides its messages' and Java's broker stores that one
        // with all of them; with client 4.9.8 each keeps its own. Both are RocketMQ, a mixture is not.
        Check.that(ownIds == 0 || ownIds == SIZE / 2, "own ids: " + ownIds);
        report.put("batch", SIZE);
        report.put("ownIds", ownIds);
    }

    private static List<Message> messages(String topic) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < SIZE; i++) {
            byte[] body = ("body " + i).getBytes(StandardCharsets.UTF_8);
            Message message = new Message(topic, i % 2 == 0 ? "even" : "odd", "key-" + i, body);
            message.putUserProperty("position", Integer.toString(i));
            messages.add(message);
        }
        return messages;
    }
}
