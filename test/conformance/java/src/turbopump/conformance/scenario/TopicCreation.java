package turbopump.conformance.scenario;

import java.util.Map;
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

/** A topic that a producer creates is routed with the number of queues it asked for. */
public final class TopicCreation implements Scenario {
    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.name("topic");
        DefaultMQProducer producer = cluster.producer();
        create(producer, topic, 6);
        cluster.awaitRoute(topic, 6);
        Check.same(cluster.queues(producer, topic).size(), 6, "queues to send to");
        SendResult result = producer.send(new Message(topic, new byte[] {1}));
        Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "*");
        inbox.await(1, 20);
        MessageExt message = inbox.all().get(0);
        Check.same(message.getMsgId(), result.getMsgId(), "id");
        report.put("queues", 6);
    }

    /** 5.3.3 asks for attributes as well, which 4.9.8 does not know. */
    private static void create(DefaultMQProducer producer, String topic, int queues)
            throws Exception {
        Class<?> type = producer.getClass();
        try {
            type.getMethod("createTopic", String.class, String.class, int.class, Map.class)
                .invoke(producer, "TBW102", topic, queues, Map.of());
        } catch (NoSuchMethodException older) {
            type.getMethod("createTopic", String.class, String.class, int.class)
                .invoke(producer, "TBW102", topic, queues);
        }
    }
}
