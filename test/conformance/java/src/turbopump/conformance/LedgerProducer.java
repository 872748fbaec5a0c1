package turbopump.conformance;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;

/**
 * Sends until it is ended, some messages at a time, and prints the id of each that was answered
 * SEND_OK: {@code LedgerProducer <name servers> <topic> <name>}. A send that failed is made again.
 */
public final class LedgerProducer {
    private static final int THREADS = 4;
    private static final int PAUSE_MS = 20;

    private LedgerProducer() {
    }

    public static void main(String[] args) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("ledger_" + args[2]);
        producer.setNamesrvAddr(args[0]);
        producer.setPollNameServerInterval(1_000);
        producer.setRetryAnotherBrokerWhenNotStoreOK(true);
        producer.start();
        LedgerLines acknowledged = new LedgerLines("acknowledged", () -> { });
        AtomicInteger next = new AtomicInteger();
        for (int i = 0; i < THREADS; i++) {
            new Thread(() -> send(producer, args[1], args[2], next, acknowledged)).start();
        }
    }

    private static void send(DefaultMQProducer producer, String topic, String name,
            AtomicInteger next, LedgerLines acknowledged) {
        while (true) {
            String id = name + "-" + next.getAndIncrement();
            while (!sendOnce(producer, topic, id)) {
                pause();
            }
            acknowledged.add(id);
            pause();
        }
    }

    private static boolean sendOnce(DefaultMQProducer producer, String topic, String id) {
        try {
            byte[] body = id.getBytes(StandardCharsets.UTF_8);
            return producer.send(new Message(topic, body)).getSendStatus() == SendStatus.SEND_OK;
        } catch (Exception e) {
            System.err.println(id + ": " + e);
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
