package turbopump.conformance;

import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Assertions and waits. A wait that has no event to wait for asks again every few milliseconds. */
public final class Check {
    private static final long ASK_AGAIN_MS = 20;

    private Check() {
    }

    /** A condition that may throw while it does not hold yet. */
    public interface Condition {
        boolean holds() throws Exception;
    }

    public static void that(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void same(Object actual, Object expected, String what) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError(what + ": expected " + expected + ", got " + actual);
        }
    }

    public static void eventually(String what, long limitSeconds, Condition condition)
            throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(limitSeconds);
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (condition.holds()) {
                    return;
                }
                last = null;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(ASK_AGAIN_MS);
        }
        throw new AssertionError("not within " + limitSeconds + " s: " + what, last);
    }
}
