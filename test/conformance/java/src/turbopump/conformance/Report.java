package turbopump.conformance;

import java.util.LinkedHashMap;
import java.util.Map;

/** What one scenario saw; becomes one line of JSON for the test that started the program. */
public final class Report {
    private final Map<String, Object> seen = new LinkedHashMap<>();
    private Throwable failure;

    public Report(String scenario) {
        seen.put("scenario", scenario);
    }

    public synchronized void put(String name, Object value) {
        seen.put(name, value);
    }

    public synchronized void fail(Throwable cause) {
        failure = cause;
        cause.printStackTrace(System.err);
    }

    public synchronized boolean held() {
        return failure == null;
    }

    public synchronized String toJson() {
        StringBuilder json = new StringBuilder("{");
        for (Map.Entry<String, Object> entry : seen.entrySet()) {
            quote(json, entry.getKey()).append(':');
            Object value = entry.getValue();
            if (value instanceof Number || value instanceof Boolean) {
                json.append(value);
            } else {
                quote(json, String.valueOf(value));
            }
            json.append(',');
        }
        json.append("\"ok\":").append(held());
        if (failure != null) {
            json.append(",\"failure\":");
            quote(json, failure.toString());
        }
        return json.append('}').toString();
    }

    private static StringBuilder quote(StringBuilder json, String text) {
        json.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || c > 0x7e) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"');
    }
}
