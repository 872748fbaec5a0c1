package turbopump.conformance.scenario;

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

/** A send to a topic nobody created goes through TBW102 and makes the topic with 4 queues. */
public final class AutoCreatedTopic implements Scenario {
    private static final int CLIENT_DEFAULT_QUEUES = 4;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.name("topic");
        DefaultMQProducer producer = cluster.producer();
        SendResult result = producer.send(new Message(topic, new byte[] {1}));
        Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        cluster.awaitRoute(topic, CLIENT_DEFAULT_QUEUES);
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "*");
        inbox.await(1, 20);
        MessageExt message = inbox.all().get(0);
        Check.same(message.getMsgId(), result.getMsgId(), "id");
        report.put("queues", CLIENT_DEFAULT_QUEUES);
    }
}
