package turbopump.conformance;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.common.message.MessageExt;

/** Collects what a push consumer delivers, in the order of delivery. */
public final class Inbox {
    private final List<MessageExt> delivered = new ArrayList<>();

    /** Subscribes and starts the consumer; every message is taken as consumed. */
    public static Inbox consume(DefaultMQPushConsumer consumer, String topic, String expression)
            throws Exception {
        Inbox inbox = new Inbox();
        consumer.subscribe(topic, expression);
        consumer.registerMessageListener(
            (org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently)
                (messages, context) -> {
                    messages.forEach(inbox::add);
                    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
                });
        consumer.start();
        return inbox;
    }

    public synchronized void add(MessageExt message) {
        delivered.add(message);
        notifyAll();
    }

    public synchronized List<MessageExt> all() {
        return new ArrayList<>(delivered);
    }

    public synchronized int size() {
        return delivered.size();
    }

    public void await(int count, long limitSeconds) throws InterruptedException {
        await(() -> delivered.size() >= count, count + " messages", limitSeconds);
    }

    public synchronized void await(BooleanSupplier done, String what, long limitSeconds)
            throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        while (!done.getAsBoolean()) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (leftMs <= 0) {
                throw new AssertionError(
                    "not within " + limitSeconds + " s: " + what + ", got " + delivered.size());
            }
            wait(leftMs);
        }
    }

    /** How often each message id was delivered. */
    public synchronized Map<String, Integer> timesById() {
        Map<String, Integer> times = new HashMap<>();
        delivered.forEach(message -> times.merge(message.getMsgId(), 1, Integer::sum));
        return times;
    }

    /** Each of {@code ids} once and nothing else. */
    public void requireExactly(java.util.Collection<String> ids) {
        Map<String, Integer> times = timesById();
        List<String> missing = new ArrayList<>();
        for (String id : ids) {
            Integer count = times.remove(id);
            if (count == null) {
                missing.add(id);
            } else {
                Check.same(count, 1, "deliveries of " + id);
            }
        }
        Check.that(missing.isEmpty(), "never delivered: " + missing);
        Check.that(times.isEmpty(), "delivered but not expected: " + times.keySet());
    }
}
