package turbopump.conformance;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.remoting.exception.RemotingSendRequestException;

/**
 * Consumes until it is ended and prints the id of each message that it was given:
 * {@code LedgerConsumer <name servers> <topic> <name>}.
 */
public final class LedgerConsumer {
    private LedgerConsumer() {
    }

    public static void main(String[] args) throws Exception {
        AtomicReference<DefaultMQPushConsumer> consumer = new AtomicReference<>();
        LedgerLines consumed = new LedgerLines("consumed", () -> consumer.get().shutdown());
        do {
            consumer.set(make(args, consumed));
        } while (!start(consumer.get()));
    }

    private static DefaultMQPushConsumer make(String[] args, LedgerLines consumed)
            throws MQClientException {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("ledger_" + args[2]);
        consumer.setNamesrvAddr(args[0]);
        consumer.setPollNameServerInterval(1_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(args[1], "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            messages.forEach(each ->
                consumed.add(new String(each.getBody(), StandardCharsets.UTF_8)));
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }

    /**
     * False when the client closed its own connection under the start's first request: 5.3.3 does,
     * now and then, when its two first looks at a name server meet on one channel (the name server
     * had answered all that it was sent, and saw the client end the connection).
     */
    private static boolean start(DefaultMQPushConsumer consumer) throws MQClientException {
        try {
            consumer.start();
            return true;
        } catch (IllegalStateException e) {
            if (e.getCause() instanceof RemotingSendRequestException) {
                e.printStackTrace();
                consumer.shutdown();
                return false;
            }
            throw e;
        }
    }
}
