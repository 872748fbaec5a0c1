package turbopump.oracle;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs several commands of Java's own mqadmin in one JVM, whose start would take longer than most
 * of them. Arguments are commands with their options, {@code ,,} between two. Before what each
 * printed stands a line of {@code ,,} and the number, before its error stream one of {@code ,,!}
 * and the number. A command still running after {@link #LIMIT_MS} is interrupted, which is said as
 * the last line of its error stream; {@code @} and milliseconds before a command is its own limit.
 *
 * <p>The next command begins when one has ended or is shutting its client down: RocketMQ's client
 * often waits 3 s there, after all answers and before it prints why it failed.
 */
public final class Mqadmin {
    private static final String BETWEEN = ",,";
    private static final long LIMIT_MS = 30_000;
    private static final long LOOK_MS = 10;
    private static final String CLIENT = "org.apache.rocketmq.client.impl.factory.MQClientInstance";

    private final boolean hasLimit;
    private final long limitMs;
    private final Captured out = new Captured();
    private final Captured error = new Captured();
    private final Thread thread;

    private Mqadmin(List<String> words) {
        hasLimit = words.get(0).startsWith("@");
        limitMs = hasLimit ? Long.parseLong(words.get(0).substring(1)) : LIMIT_MS;
        String[] command = words.subList(hasLimit ? 1 : 0, words.size()).toArray(new String[0]);
        thread = new Thread(() -> {
            OUT.set(out);
            ERROR.set(error);
            MQAdminStartup.main0(command, null);
        });
    }

    public static void main(String[] args) throws InterruptedException {
        PrintStream stdout = System.out;
        System.setOut(new PrintStream(new OfThread(OUT), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new OfThread(ERROR), true, StandardCharsets.UTF_8));
        List<Mqadmin> commands = new ArrayList<>();
        List<String> rest = new ArrayList<>(Arrays.asList(args));
        while (!rest.isEmpty()) {
            int end = rest.contains(BETWEEN) ? rest.indexOf(BETWEEN) : rest.size();
            Mqadmin command = new Mqadmin(rest.subList(0, end));
            commands.add(command);
            command.run();
            rest = rest.subList(Math.min(end + 1, rest.size()), rest.size());
        }
        for (int number = 0; number < commands.size(); number++) {
            Mqadmin command = commands.get(number);
            command.thread.join(LIMIT_MS);
            // Some commands leave their last line open.
            stdout.println(BETWEEN + " " + number);
            stdout.println(command.out.toString(StandardCharsets.UTF_8));
            stdout.println(BETWEEN + "! " + number);
            stdout.println(command.error.toString(StandardCharsets.UTF_8));
        }
        stdout.flush();
        // Some commands leave client threads behind, as mqadmin itself does before it exits.
        System.exit(0);
    }

    private void run() throws InterruptedException {
        long endMs = System.currentTimeMillis() + limitMs;
        thread.start();
        while (thread.isAlive() && !isShuttingDown()) {
            thread.join(LOOK_MS);
            if (System.currentTimeMillis() < endMs) {
                continue;
            }
            thread.interrupt();
            thread.join(LIMIT_MS);
            error.writeBytes(("stopped after " + limitMs + " ms\n").getBytes());
            return;
        }
    }

    private boolean isShuttingDown() {
        return Arrays.stream(thread.getStackTrace()).anyMatch(frame ->
            frame.getMethodName().equals("shutdown") && frame.getClassName().equals(CLIENT));
    }

    private static final class Captured extends ByteArrayOutputStream {
    }

    /** Threads that a command starts print into what it prints. */
    private static final InheritableThreadLocal<Captured> OUT = new InheritableThreadLocal<>();
    private static final InheritableThreadLocal<Captured> ERROR = new InheritableThreadLocal<>();

    private static final class OfThread extends OutputStream {
        private final InheritableThreadLocal<Captured> captured;

        OfThread(InheritableThreadLocal<Captured> captured) {
            this.captured = captured;
        }

        @Override
        public void write(int octet) {
            Captured to = captured.get();
            if (to != null) {
                to.write(octet);
            }
        }

        @Override
        public void write(byte[] octets, int from, int length) {
            Captured to = captured.get();
            if (to != null) {
                to.write(octets, from, length);
            }
        }
    }
}
