package turbopump.conformance.scenario;

import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.message.Message;
import turbopump.conformance.Cluster;
import turbopump.conformance.Inbox;
import turbopump.conformance.Report;
import turbopump.conformance.Scenario;

/** In broadcasting every member of the group gets every message. */
public final class BroadcastConsumption implements Scenario {
    @Override
    public void run(Cluster cluster, Report report) throws Exception {
        String topic = cluster.createTopic("topic", 4);
        String group = cluster.name("group");
        DefaultMQProducer producer = cluster.producer();
        Inbox one = Inbox.consume(broadcasting(cluster, group), topic, "*");
        Inbox other = Inbox.consume(broadcasting(cluster, group), topic, "*");
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ids.add(producer.send(new Message(topic, new byte[] {(byte) i})).getMsgId());
        }
        one.await(ids.size(), 20);
        other.await(ids.size(), 20);
        one.requireExactly(ids);
        other.requireExactly(ids);
        report.put("members", 2);
    }

    /** MessageModel lives in another package in 4.9.8 than in 5.3.3, so it is found by its setter. */
    private static DefaultMQPushConsumer broadcasting(Cluster cluster, String group)
            throws Exception {
        DefaultMQPushConsumer consumer = cluster.pushConsumer(group);
        Class<?> type = consumer.getMessageModel().getClass();
        Object value = type.getField("BROADCASTING").get(null);
        consumer.getClass().getMethod("setMessageModel", type).invoke(consumer, value);
        return consumer;
    }
}
