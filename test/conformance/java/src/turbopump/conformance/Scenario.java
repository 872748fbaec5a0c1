package turbopump.conformance;

/** One thing that has to hold; throws when it does not. */
public interface Scenario {
    void run(Cluster cluster, Report report) throws Exception;
}
