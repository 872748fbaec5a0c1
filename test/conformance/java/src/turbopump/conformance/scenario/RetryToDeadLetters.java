package turbopump.conformance.scenario;

import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/**
 * A message that is never consumed comes back as often as configured and then lies in
 * {@code %DLQ%group} under its original ids.
 */
public final class RetryToDeadLetters implements Scenario {
    private static final int RECONSUME_MAX = 2;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 1);
        String group = cluster.name("group");
        Inbox attempts = new Inbox();
        // The first heartbeat of a group makes its retry topic. A client that knows the topic from
        // its start need not wait for its next periodic rebalance, 20 s later.
        DefaultMQPushConsumer first = cluster.pushConsumer(group);
        Inbox.consume(first, topic, "*");
        cluster.awaitRoute("%RETRY%" + group, 1);
        first.shutdown();
        refuseAll(cluster, topic, group, attempts);
        DefaultMQProducer producer = cluster.producer();
        Message sent = new Message(topic, "tag", "key", new byte[] {42});
        sent.putUserProperty("kept", "yes");
        SendResult result = producer.send(sent);

        MessageExt dead = awaitDeadLetter(cluster, "%DLQ%" + group);
        List<MessageExt> delivered = attempts.all();
        report.put("attempts", delivered.size());
        Check.same(delivered.size(), RECONSUME_MAX + 1, "attempts");
        for (int i = 0; i < delivered.size(); i++) {
            Check.same(delivered.get(i).getReconsumeTimes(), i, "reconsume times");
            Check.same(delivered.get(i).getMsgId(), result.getMsgId(), "id of a retry");
            Check.same(delivered.get(i).getTopic(), topic, "topic the listener sees");
        }
        Check.same(dead.getMsgId(), result.getMsgId(), "id of the dead letter");
        Check.same(dead.getProperty("ORIGIN_MESSAGE_ID"), result.getOffsetMsgId(), "original id");
        Check.same(dead.getProperty("RETRY_TOPIC"), topic, "original topic");
        Check.same(dead.getKeys(), "key", "keys");
        Check.same(dead.getTags(), "tag", "tags");
        Check.same(dead.getUserProperty("kept"), "yes", "property");
        Check.same(dead.getBody()[0], (byte) 42, "body");
        report.put("deadReconsumeTimes", dead.getReconsumeTimes());
    }

    private static void refuseAll(Cluster cluster, String topic, String group, Inbox attempts)
            throws Exception {
        DefaultMQPushConsumer consumer = cluster.pushConsumer(group);
        consumer.setMaxReconsumeTimes(RECONSUME_MAX);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(attempts::add);
            context.setDelayLevelWhenNextConsume(1);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        consumer.start();
    }

    private static MessageExt awaitDeadLetter(Cluster cluster, String topic) throws Exception {
        cluster.awaitRoute(topic, 1);
        DefaultLitePullConsumer reader = cluster.litePullConsumer(cluster.name("reader"));
        reader.start();
        reader.assign(reader.fetchMessageQueues(topic));
        reader.seekToBegin(reader.fetchMessageQueues(topic).iterator().next());
        Inbox dead = new Inbox();
        Check.eventually("a dead letter", 20, () -> {
            reader.poll(500).forEach(dead::add);
            return dead.size() > 0;
        });
        Check.same(dead.size(), 1, "dead letters");
        return dead.all().get(0);
    }
}
