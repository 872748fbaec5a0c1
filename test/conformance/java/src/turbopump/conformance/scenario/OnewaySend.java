package turbopump.conformance.scenario;

import java.util.HashSet;
import java.util.Set;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import turbopump.conformance.Body;
import turbopump.conformance.Check;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** Sends without an answer arrive all the same, each once. */
public final class OnewaySend implements Scenario {
    private static final int COUNT = 300;

    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 4);
        DefaultMQProducer producer = cluster.producer();
        Inbox inbox = Inbox.consume(cluster.pushConsumer(cluster.name("group")), topic, "*");
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < COUNT; i++) {
            Message message = new Message(topic, Body.of(i));
            producer.sendOneway(message);
            ids.add(message.getProperty("UNIQ_KEY"));
        }
        Check.same(ids.size(), COUNT, "ids the client made");
        inbox.await(COUNT, 30);
        inbox.requireExactly(ids);
        Check.same(cluster.messagesHeld(producer, topic), (long) COUNT, "messages in the topic");
        report.put("oneway", COUNT);
    }
}
