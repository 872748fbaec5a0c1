package turbopump.conformance.scenario;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/**
 * Two orderly consumers of one group lock disjoint queues and take each queue's messages one at a
 * time in order, also when one message asks for a pause and comes again.
 */
public final class OrderlyConsumption implements Scenario {
    private static final int QUEUES = 4;
    private static final int COUNT = 200;

    private final Inbox inbox = new Inbox();
    private final Map<Integer, AtomicInteger> inside = new ConcurrentHashMap<>();
    private final Map<Integer, String> owners = new ConcurrentHashMap<>();
    private final AtomicBoolean overlapped = new AtomicBoolean();
    private final AtomicBoolean suspended = new AtomicBoolean();

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", QUEUES);
        String group = cluster.name("group");
        DefaultMQPushConsumer one = start(cluster, topic, group, "one");
        DefaultMQPushConsumer other = start(cluster, topic, group, "other");
        Check.eventually("two queues each", 20, () -> {
            // The second can lock a queue only after the first has let it go; client 4.9.8 would
            // try again no sooner than 20 s later.
            other.getDefaultMQPushConsumerImpl().doRebalance();
            return Assignment.size(one, topic) == QUEUES / 2
                && Assignment.size(other, topic) == QUEUES / 2;
        });
        DefaultMQProducer producer = cluster.producer();
        for (int i = 0; i < COUNT; i++) {
            Message message = new Message(topic, new byte[] {(byte) i});
            SendResult result = producer.send(message, (queues, m, lane) ->
                queues.stream().filter(q -> q.getQueueId() == (int) lane).findFirst().get(),
                i % QUEUES);
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        }
        // The suspended message counts twice.
        inbox.await(COUNT + 1, 40);
        Map<Integer, Long> next = new HashMap<>();
        boolean repeated = false;
        for (MessageExt message : inbox.all()) {
            long expected = next.getOrDefault(message.getQueueId(), 0L);
            if (!repeated && message.getQueueOffset() == expected - 1) {
                repeated = true;
                continue;
            }
            Check.same(message.getQueueOffset(), expected, "order in a queue");
            next.put(message.getQueueId(), expected + 1);
        }
        Check.that(repeated, "the suspended message did not come again");
        Check.that(!overlapped.get(), "two threads were inside one queue");
        Check.same(owners.size(), QUEUES, "queues consumed");
        Check.same(owners.values().stream().distinct().count(), 2L, "members that consumed");
        report.put("delivered", inbox.size());
    }

    private DefaultMQPushConsumer start(Cluster cluster, String topic, String group, String name)
            throws Exception {
        DefaultMQPushConsumer consumer = cluster.pushConsumer(group);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) ->
            take(messages, name));
        consumer.start();
        return consumer;
    }

    private ConsumeOrderlyStatus take(List<MessageExt> messages, String name) {
        int queue = messages.get(0).getQueueId();
        AtomicInteger threads = inside.computeIfAbsent(queue, id -> new AtomicInteger());
        if (threads.incrementAndGet() > 1) {
            overlapped.set(true);
        }
        owners.put(queue, name);
        boolean pause = messages.get(0).getQueueOffset() == 20 && suspended.compareAndSet(false, true);
        messages.forEach(inbox::add);
        threads.decrementAndGet();
        return pause
            ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT
            : ConsumeOrderlyStatus.SUCCESS;
    }
}
