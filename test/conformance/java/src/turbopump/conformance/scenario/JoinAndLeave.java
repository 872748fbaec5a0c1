package turbopump.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/**
 * A second member joins and takes half of the queues, leaves and gives them back; the first hears
 * of both at once and not at its next periodic rebalance. Every message is delivered once: offsets
 * are persisted before each change, which is all that RocketMQ asks for that.
 */
public final class JoinAndLeave implements Scenario {
    private static final int QUEUES = 8;
    private static final int ROUND = 80;
    // The periodic rebalance comes every 20 s: a change seen sooner was announced by the broker.
    private static final long ANNOUNCED_SECONDS = 10;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", QUEUES);
        String group = cluster.name("group");
        DefaultMQProducer producer = cluster.producer();
        DefaultMQPushConsumer stays = cluster.pushConsumer(group);
        Inbox staysInbox = Inbox.consume(stays, topic, "*");
        Check.eventually("all queues with one member", 20, () ->
            Assignment.size(stays, topic) == QUEUES);
        List<String> ids = new ArrayList<>(sendRound(producer, topic));
        staysInbox.await(ROUND, 20);

        stays.getDefaultMQPushConsumerImpl().persistConsumerOffset();
        DefaultMQPushConsumer guest = cluster.pushConsumer(group);
        Inbox guestInbox = Inbox.consume(guest, topic, "*");
        Check.eventually("half of the queues each", ANNOUNCED_SECONDS, () ->
            Assignment.size(stays, topic) == QUEUES / 2 && Assignment.size(guest, topic) == QUEUES / 2);
        ids.addAll(sendRound(producer, topic));
        Check.eventually("the second round", 20, () ->
            staysInbox.size() + guestInbox.size() >= 2 * ROUND);
        Check.same(guestInbox.size(), ROUND / 2, "messages the guest got");

        guest.shutdown();
        Check.eventually("all queues back", ANNOUNCED_SECONDS, () ->
            Assignment.size(stays, topic) == QUEUES);
        ids.addAll(sendRound(producer, topic));
        Check.eventually("the third round", 20, () ->
            staysInbox.size() + guestInbox.size() >= 3 * ROUND);
        guestInbox.all().forEach(staysInbox::add);
        staysInbox.requireExactly(ids);
        report.put("guestGot", guestInbox.size());
    }

    /** The same number to every queue. */
    private static List<String> sendRound(DefaultMQProducer producer, String topic)
            throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < ROUND; i++) {
            SendResult result = producer.send(new Message(topic, new byte[] {(byte) i}),
                (queues, message, lane) -> queues.get((int) lane), i % QUEUES);
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
            ids.add(result.getMsgId());
        }
        return ids;
    }
}
