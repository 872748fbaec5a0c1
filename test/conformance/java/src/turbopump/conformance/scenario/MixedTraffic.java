package turbopump.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import turbopump.conformance.Body;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/**
 * Messages of 1 B to 64 KiB, sent sync, async and oneway by one lane per queue while a push
 * consumer takes them: byte-equal, each once, none that was not sent, order kept per queue.
 */
public final class MixedTraffic implements Scenario {
    static final String INDEX = "index";
    static final String STEP = "step";
    static final String ONEWAY = "oneway";
    private static final int QUEUES = 4;
    private static final int ASYNC_BURST = 5;

    private final int count;

    public MixedTraffic(int count) {
        this.count = count;
    }

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", QUEUES);
        MixedLedger ledger = new MixedLedger(count);
        DefaultMQPushConsumer consumer = cluster.pushConsumer(cluster.name("group"));
        // One thread: only then does Java hand out a queue's messages in the order it pulled them.
        consumer.setConsumeThreadMin(1);
        consumer.setConsumeThreadMax(1);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(ledger);
        consumer.start();

        DefaultMQProducer producer = cluster.producer();
        List<MessageQueue> queues = cluster.queues(producer, topic);
        Check.same(queues.size(), QUEUES, "queues");
        ExecutorService lanes = Executors.newFixedThreadPool(QUEUES);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int lane = 0; lane < QUEUES; lane++) {
                MessageQueue queue = queues.get(lane);
                int first = lane;
                running.add(lanes.submit(() -> {
                    send(producer, queue, first);
                    return null;
                }));
            }
            for (Future<?> lane : running) {
                lane.get();
            }
        } finally {
            lanes.shutdownNow();
        }
        ledger.awaitAll(60);
        consumer.shutdown();
        ledger.report(report);
        long held = cluster.messagesHeld(producer, queues);
        report.put("held", held);
        Check.same(held, (long) count, "messages in the topic");
        ledger.require();
    }

    /**
     * A step begins when all acknowledged messages of the step before are acknowledged, so between
     * steps the broker has no choice of order; inside a burst of async sends it has.
     */
    private void send(DefaultMQProducer producer, MessageQueue queue, int first) throws Exception {
        int step = 0;
        int index = first;
        while (index < count) {
            List<Message> burst = new ArrayList<>();
            for (int i = 0; i < ASYNC_BURST && index < count; i++, index += QUEUES) {
                burst.add(message(queue.getTopic(), index, step, false));
            }
            sendAsync(producer, queue, burst);
            step++;
            for (int i = 0; i < 3 && index < count; i++, index += QUEUES, step++) {
                SendResult result =
                    producer.send(message(queue.getTopic(), index, step, false), queue);
                Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status of a sync send");
            }
            for (int i = 0; i < 2 && index < count; i++, index += QUEUES) {
                producer.sendOneway(message(queue.getTopic(), index, step, true), queue);
            }
        }
    }

    private static void sendAsync(DefaultMQProducer producer, MessageQueue queue, List<Message> burst)
            throws Exception {
        CountDownLatch left = new CountDownLatch(burst.size());
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (Message message : burst) {
            producer.send(message, queue, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    if (result.getSendStatus() != SendStatus.SEND_OK) {
                        failure.set(new AssertionError("async send: " + result));
                    }
                    left.countDown();
                }

                @Override
                public void onException(Throwable cause) {
                    failure.set(cause);
                    left.countDown();
                }
            });
        }
        left.await();
        if (failure.get() != null) {
            throw new AssertionError("async send failed", failure.get());
        }
    }

    private static Message message(String topic, int index, int step, boolean oneway) {
        Message message = new Message(topic, Body.of(index));
        message.putUserProperty(INDEX, Integer.toString(index));
        message.putUserProperty(STEP, Integer.toString(step));
        message.putUserProperty(ONEWAY, Boolean.toString(oneway));
        return message;
    }
}
