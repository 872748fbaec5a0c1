package turbopump.conformance.scenario;

import java.util.Set;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;

/** Which queues of a topic rebalancing has given to a push consumer. */
final class Assignment {
    private Assignment() {
    }

    static Set<Integer> of(DefaultMQPushConsumer consumer, String topic) {
        return consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable()
            .keySet().stream()
            .filter(queue -> queue.getTopic().equals(topic))
            .map(queue -> queue.getQueueId())
            .collect(Collectors.toSet());
    }

    static int size(DefaultMQPushConsumer consumer, String topic) {
        return of(consumer, topic).size();
    }
}
