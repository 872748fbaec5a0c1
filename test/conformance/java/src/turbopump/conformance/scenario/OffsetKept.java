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

/** A consumer that stops and starts again under the same group goes on where it was. */
public final class OffsetKept implements Scenario {
    private static final int HALF = 40;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 4);
        String group = cluster.name("group");
        DefaultMQProducer producer = cluster.producer();
        List<String> early = send(producer, topic);
        DefaultMQPushConsumer before = cluster.pushConsumer(group);
        Inbox firstHalf = Inbox.consume(before, topic, "*");
        firstHalf.await(HALF, 20);
        before.shutdown();
        firstHalf.requireExactly(early);

        List<String> late = send(producer, topic);
        Inbox secondHalf = Inbox.consume(cluster.pushConsumer(group), topic, "*");
        secondHalf.await(HALF, 20);
        secondHalf.requireExactly(late);
        report.put("repeated", 0);
    }

    private static List<String> send(DefaultMQProducer producer, String topic) throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < HALF; i++) {
            SendResult result = producer.send(new Message(topic, new byte[] {(byte) i}));
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
            ids.add(result.getMsgId());
        }
        return ids;
    }
}
