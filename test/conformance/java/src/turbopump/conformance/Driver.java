package turbopump.conformance;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs scenarios against a cluster through the unmodified Java client found on the class path.
 *
 * <p>{@code Driver <name server> <scenario>...} prints one JSON line per scenario and exits 0 only
 * if every one of them held. The source uses only what the clients 4.9.8 and 5.3.3 have in common.
 */
public final class Driver {
    private static final long SCENARIO_LIMIT_SECONDS = 90;

    private Driver() {
    }

    public static void main(String[] args) {
        if (args.length < 2) {
            System.err.println("usage: Driver <name server> <scenario>...");
            System.exit(2);
        }
        boolean held = true;
        for (String name : List.of(args).subList(1, args.length)) {
            held &= runOne(args[0], name);
        }
        System.exit(held ? 0 : 1);
    }

    private static boolean runOne(String nameServer, String name) {
        Report report = new Report(name);
        long startedNanos = System.nanoTime();
        ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
            Thread made = new Thread(task, "scenario-" + name);
            made.setDaemon(true);
            return made;
        });
        Future<?> running = thread.submit(() -> {
            try (Cluster cluster = new Cluster(nameServer, name)) {
                Scenarios.named(name).run(cluster, report);
            }
            return null;
        });
        try {
            running.get(SCENARIO_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            report.fail(e.getCause());
        } catch (TimeoutException e) {
            report.fail(new AssertionError("not over after " + SCENARIO_LIMIT_SECONDS + " s"));
        } catch (InterruptedException e) {
            report.fail(e);
        } finally {
            thread.shutdownNow();
        }
        report.put("millis", (System.nanoTime() - startedNanos) / 1_000_000);
        System.out.println(report.toJson());
        return report.held();
    }
}
