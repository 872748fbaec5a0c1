package turbopump.conformance.scenario;

import java.util.Arrays;
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

/** A body over the client's 4 KiB threshold is stored compressed and delivered as it was. */
public final class CompressedBody implements Scenario {
    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 1);
        DefaultMQProducer producer = cluster.producer();
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "*");
        byte[] body = new byte[200_000];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) (i / 1000);
        }
        SendResult result = producer.send(new Message(topic, body));
        Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
        inbox.await(1, 20);
        MessageExt message = inbox.all().get(0);
        Check.that(Arrays.equals(message.getBody(), body), "the body differs");
        Check.that(message.getStoreSize() < body.length / 10, "stored " + message.getStoreSize());
        report.put("bodyBytes", body.length);
        report.put("storedBytes", message.getStoreSize());
    }
}
