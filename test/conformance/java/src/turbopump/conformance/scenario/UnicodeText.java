package turbopump.conformance.scenario;

import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** Tags, keys, property names and values outside ASCII, a surrogate pair among them. */
public final class UnicodeText implements Scenario {
    private static final String TAG = "标签\uD83D\uDE80";
    private static final String KEY = "заказ-42-訂單-\uD83D\uDE80";
    private static final String NAME = "größe";
    private static final String VALUE = "süß \uD83D\uDE80 日本語";

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 1);
        DefaultMQProducer producer = cluster.producer();
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, TAG);
        producer.send(new Message(topic, "other", "other", new byte[] {1}));
        byte[] body = VALUE.getBytes(StandardCharsets.UTF_8);
        Message sent = new Message(topic, TAG, KEY + " second-key", body);
        sent.putUserProperty(NAME, VALUE);
        long beginMs = System.currentTimeMillis() - 60_000;
        SendResult result = producer.send(sent);

        inbox.await(1, 20);
        MessageExt message = inbox.all().get(0);
        Check.same(message.getMsgId(), result.getMsgId(), "id");
        Check.same(message.getTags(), TAG, "tags");
        Check.same(message.getKeys(), KEY + " second-key", "keys");
        Check.same(message.getUserProperty(NAME), VALUE, "property");
        Check.same(new String(message.getBody(), StandardCharsets.UTF_8), VALUE, "body");
        for (String key : new String[] {KEY, "second-key"}) {
            Check.eventually("query by key " + key, 10, () -> {
                long endMs = System.currentTimeMillis() + 60_000;
                var found = producer.queryMessage(topic, key, 8, beginMs, endMs).getMessageList();
                return found.size() == 1 && found.get(0).getMsgId().equals(result.getMsgId());
            });
        }
        report.put("delivered", inbox.size());
    }
}
