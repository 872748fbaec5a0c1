package turbopump.conformance;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** The cluster under test as one scenario sees it; closes every client it handed out. */
public final class Cluster implements AutoCloseable {
    private static final AtomicInteger INSTANCES = new AtomicInteger();
    // The client skips a heartbeat when another is under way, also the one that announces a changed
    // assignment; its pulls are then refused (24/25) until the next, 30 s later by default.
    private static final int HEARTBEAT_MS = 1_000;
    // A group's retry topic is made by its first heartbeat; its route is asked for at this interval.
    private static final int POLL_NAME_SERVER_MS = 1_000;
    private static final String VIP_CHANNEL = "com.rocketmq.sendMessageWithVIPChannel";

    private final String nameServer;
    private final String scenario;
    private final String suffix = ProcessHandle.current().pid() + "_" + System.nanoTime() % 100_000;
    private final Deque<Runnable> closers = new ArrayDeque<>();
    private DefaultMQAdminExt admin;

    Cluster(String nameServer, String scenario) {
        this.nameServer = nameServer;
        this.scenario = scenario;
    }

    /** A topic or group name no other scenario or run uses. */
    public String name(String role) {
        return "conf_" + scenario + "_" + role + "_" + suffix;
    }

    public DefaultMQProducer producer() throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(name("producer"));
        configure(producer);
        // A JVM that is still compiling itself may pass the default of 3 s; slowness is not the matter.
        producer.setSendMsgTimeout(15_000);
        producer.start();
        closers.push(producer::shutdown);
        return producer;
    }

    /** Not started: the scenario subscribes and registers its listener first. */
    public DefaultMQPushConsumer pushConsumer(String group) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        configure(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        // Without it a message whose listener has returned may not be counted when offsets are saved.
        consumer.setAwaitTerminationMillisWhenShutdown(10_000);
        closers.push(consumer::shutdown);
        return consumer;
    }

    public DefaultLitePullConsumer litePullConsumer(String group) {
        DefaultLitePullConsumer consumer = new DefaultLitePullConsumer(group);
        configure(consumer);
        closers.push(consumer::shutdown);
        return consumer;
    }

    public synchronized DefaultMQAdminExt admin() throws Exception {
        if (admin == null) {
            admin = new DefaultMQAdminExt();
            configure(admin);
            admin.start();
            closers.push(admin::shutdown);
        }
        return admin;
    }

    /** Creates the topic on the one broker and returns when its route is out. */
    public String createTopic(String role, int queues) throws Exception {
        return createNamedTopic(name(role), queues);
    }

    public String createNamedTopic(String topic, int queues) throws Exception {
        TopicConfig config = new TopicConfig(topic);
        config.setReadQueueNums(queues);
        config.setWriteQueueNums(queues);
        admin().createAndUpdateTopicConfig(brokerAddress(), config);
        awaitRoute(topic, queues);
        return topic;
    }

    /** Waits for the broker: one whose first registration failed comes again after 10 s. */
    public String brokerAddress() throws Exception {
        Check.eventually("a broker in the cluster", 15, () ->
            !admin().examineBrokerClusterInfo().getBrokerAddrTable().isEmpty());
        var brokers = admin().examineBrokerClusterInfo().getBrokerAddrTable();
        return brokers.values().iterator().next().selectBrokerAddr();
    }

    public void awaitRoute(String topic, int queues) throws Exception {
        Check.eventually("route of " + topic, 10, () -> {
            var route = admin().examineTopicRouteInfo(topic);
            return route.getQueueDatas().size() == 1
                && route.getQueueDatas().get(0).getWriteQueueNums() == queues;
        });
    }

    public List<MessageQueue> queues(DefaultMQProducer producer, String topic) throws Exception {
        List<MessageQueue> queues = new ArrayList<>(producer.fetchPublishMessageQueues(topic));
        queues.sort(null);
        return queues;
    }

    /** How many messages the broker says the topic holds; catches messages that nobody sent. */
    public long messagesHeld(DefaultMQProducer producer, String topic) throws Exception {
        return messagesHeld(producer, queues(producer, topic));
    }

    /** As above, without a question to a name server, which may be away. */
    public long messagesHeld(DefaultMQProducer producer, List<MessageQueue> queues) throws Exception {
        long held = 0;
        for (MessageQueue queue : queues) {
            held += producer.maxOffset(queue) - producer.minOffset(queue);
        }
        return held;
    }

    @Override
    public void close() {
        while (!closers.isEmpty()) {
            closers.pop().run();
        }
    }

    private void configure(ClientConfig client) {
        client.setNamesrvAddr(nameServer);
        client.setInstanceName("conf" + INSTANCES.incrementAndGet());
        client.setVipChannelEnabled(Boolean.getBoolean(VIP_CHANNEL));
        client.setHeartbeatBrokerInterval(HEARTBEAT_MS);
        client.setPollNameServerInterval(POLL_NAME_SERVER_MS);
    }
}
