package turbopump.conformance.scenario;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.MessageExt;
import turbopump.conformance.Body;
import turbopump.conformance.Check;
import turbopump.conformance.Report;

/** Holds every delivery of {@link MixedTraffic} against what was sent. */
final class MixedLedger implements MessageListenerConcurrently {
    private final int[] deliveries;
    private final Map<Integer, Long> nextOffset = new HashMap<>();
    private final Map<Integer, Integer> latestStep = new HashMap<>();
    private int distinct;
    private int duplicates;
    private int corrupt;
    private int offsetGaps;
    private int outOfOrder;

    MixedLedger(int count) {
        deliveries = new int[count];
    }

    @Override
    public synchronized ConsumeConcurrentlyStatus consumeMessage(
            List<MessageExt> messages, ConsumeConcurrentlyContext context) {
        messages.forEach(this::take);
        notifyAll();
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    private void take(MessageExt message) {
        int index = Integer.parseInt(message.getUserProperty(MixedTraffic.INDEX));
        if (!Arrays.equals(message.getBody(), Body.of(index))) {
            corrupt++;
        }
        if (deliveries[index]++ > 0) {
            duplicates++;
            return;
        }
        distinct++;
        int queue = message.getQueueId();
        if (message.getQueueOffset() != nextOffset.getOrDefault(queue, 0L)) {
            offsetGaps++;
        }
        nextOffset.put(queue, message.getQueueOffset() + 1);
        int step = Integer.parseInt(message.getUserProperty(MixedTraffic.STEP));
        boolean oneway = Boolean.parseBoolean(message.getUserProperty(MixedTraffic.ONEWAY));
        int latest = latestStep.getOrDefault(queue, 0);
        // A oneway message has no acknowledgement, so nothing says when it must have arrived.
        if (step < latest && !oneway) {
            outOfOrder++;
        }
        latestStep.put(queue, Math.max(step, latest));
    }

    synchronized void awaitAll(long limitSeconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        while (distinct < deliveries.length) {
            long leftMs = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            if (leftMs <= 0) {
                throw new AssertionError("delivered " + distinct + " of " + deliveries.length
                    + " within " + limitSeconds + " s");
            }
            wait(leftMs);
        }
    }

    synchronized void report(Report report) {
        report.put("delivered", distinct);
        report.put("duplicates", duplicates);
        report.put("corrupt", corrupt);
        report.put("offsetGaps", offsetGaps);
        report.put("outOfOrder", outOfOrder);
    }

    synchronized void require() {
        Check.same(corrupt, 0, "bodies that differ");
        Check.same(duplicates, 0, "second deliveries");
        Check.same(offsetGaps, 0, "deliveries that do not follow their queue's offsets");
        Check.same(outOfOrder, 0, "messages behind one that was sent after their acknowledgement");
    }
}
