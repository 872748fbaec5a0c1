package turbopump.conformance;

import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * What a long-running client tells of each of its messages, in lines of {@code <word> <longest gap
 * in ms> <id> <id> ...}, every 100 ms and once more at the end. The gap is the longest time between
 * two of them since the line before, the time that is still running included.
 */
final class LedgerLines {
    private static final int EVERY_MS = 100;

    private final String word;
    private final StringBuilder ids = new StringBuilder();
    private long latestNanos = System.nanoTime();
    private long longestNanos;

    /** Begins to print, until the program is asked to end by SIGTERM; {@code atEnd} runs first. */
    LedgerLines(String word, Runnable atEnd) {
        this.word = word;
        Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "ledger-lines");
            thread.setDaemon(true);
            return thread;
        }).scheduleAtFixedRate(this::print, EVERY_MS, EVERY_MS, TimeUnit.MILLISECONDS);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            atEnd.run();
            print();
        }));
    }

    synchronized void add(String id) {
        measure();
        latestNanos = System.nanoTime();
        ids.append(' ').append(id);
    }

    private synchronized void print() {
        measure();
        System.out.println(word + ' ' + TimeUnit.NANOSECONDS.toMillis(longestNanos) + ids);
        System.out.flush();
        ids.setLength(0);
        longestNanos = 0;
    }

    private void measure() {
        longestNanos = Math.max(longestNanos, System.nanoTime() - latestNanos);
    }
}
