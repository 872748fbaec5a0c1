package turbopump.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs several commands of Java's own mqadmin in one JVM, whose start would take longer than most
 * of them. Arguments are commands with their options, {@code ,,} between two; a line of
 * {@code ,, } and the number stands before the output of each.
 */
public final class Mqadmin {
    private static final String BETWEEN = ",,";

    private Mqadmin() {
    }

    public static void main(String[] args) {
        List<String> rest = new ArrayList<>(Arrays.asList(args));
        for (int number = 0; !rest.isEmpty(); number++) {
            int end = rest.contains(BETWEEN) ? rest.indexOf(BETWEEN) : rest.size();
            // Some commands leave their last line open.
            System.out.println();
            System.out.println(BETWEEN + " " + number);
            MQAdminStartup.main0(rest.subList(0, end).toArray(new String[0]), null);
            rest = rest.subList(Math.min(end + 1, rest.size()), rest.size());
        }
        System.out.flush();
        // Some commands leave client threads behind, as mqadmin itself does before it exits.
        System.exit(0);
    }
}
