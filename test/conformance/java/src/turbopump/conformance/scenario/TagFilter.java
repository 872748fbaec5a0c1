package turbopump.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
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

/** {@code A || B} delivers these two tags and neither the third nor messages without one. */
public final class TagFilter implements Scenario {
    private static final String[] TAGS = {"A", "B", "C", null};

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 2);
        DefaultMQProducer producer = cluster.producer();
        Inbox some = Inbox.consume(cluster.pushConsumer(cluster.name("some")), topic, "A || B");
        Inbox all = Inbox.consume(cluster.pushConsumer(cluster.name("all")), topic, "*");
        List<String> everyId = new ArrayList<>();
        List<String> wantedIds = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            String tag = TAGS[i % TAGS.length];
            SendResult result = producer.send(new Message(topic, tag, new byte[] {(byte) i}));
            Check.same(result.getSendStatus(), SendStatus.SEND_OK, "status");
            everyId.add(result.getMsgId());
            if ("A".equals(tag) || "B".equals(tag)) {
                wantedIds.add(result.getMsgId());
            }
        }
        all.await(everyId.size(), 20);
        some.await(wantedIds.size(), 20);
        all.requireExactly(everyId);
        some.requireExactly(wantedIds);
        for (MessageExt message : some.all()) {
            Check.that(List.of("A", "B").contains(message.getTags()), "tag " + message.getTags());
        }
        report.put("matching", wantedIds.size());
    }
}
