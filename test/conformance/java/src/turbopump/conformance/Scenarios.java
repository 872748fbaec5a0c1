package turbopump.conformance;

import java.util.Map;
import turbopump.conformance.scenario.*;

/** The scenarios by the name the command line gives. */
final class Scenarios {
    private static final Map<String, Scenario> BY_NAME = Map.ofEntries(
        Map.entry("mixed10k", new MixedTraffic(10_000)),
        Map.entry("batch", new BatchSend()),
        Map.entry("oneway", new OnewaySend()),
        Map.entry("compressed", new CompressedBody()),
        Map.entry("tags", new TagFilter()),
        Map.entry("unicode", new UnicodeText()),
        Map.entry("retryToDlq", new RetryToDeadLetters()),
        Map.entry("delay", new DelayedDelivery()),
        Map.entry("offsetKept", new OffsetKept()),
        Map.entry("joinLeave", new JoinAndLeave()),
        Map.entry("orderly", new OrderlyConsumption()),
        Map.entry("broadcast", new BroadcastConsumption()),
        Map.entry("pullConsumer", new PullConsumption()),
        Map.entry("queryMessage", new MessageQuery()),
        Map.entry("createTopic", new TopicCreation()),
        Map.entry("autoCreate", new AutoCreatedTopic()),
        Map.entry("fixedTraffic", new FixedTraffic()));

    private Scenarios() {
    }

    static Scenario named(String name) {
        Scenario scenario = BY_NAME.get(name);
        if (scenario == null) {
            throw new IllegalArgumentException("no scenario " + name + "; there are "
                + BY_NAME.keySet());
        }
        return scenario;
    }
}
