package turbopump.conformance;

import java.util.SplittableRandom;

/**
 * Bodies of 1 B to 64 KiB that both ends can compute from an index. Sizes are spread evenly over
 * the powers of two; every other body is text-like, so that compression happens and pays off.
 */
public final class Body {
    public static final int SIZE_MAX = 65_536;

    private Body() {
    }

    public static byte[] of(int index) {
        SplittableRandom random = new SplittableRandom(index);
        byte[] body = new byte[size(index, random)];
        if (index % 2 == 0) {
            random.nextBytes(body);
            return body;
        }
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) ('a' + (i / 7 + index) % 26);
        }
        return body;
    }

    private static int size(int index, SplittableRandom random) {
        if (index == 0) {
            return 1;
        }
        if (index == 1) {
            return SIZE_MAX;
        }
        return (int) Math.round(Math.pow(2, random.nextDouble() * 16));
    }
}
