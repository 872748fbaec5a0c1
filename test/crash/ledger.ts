/**
 * The outside ledger of a crash test: what was tried, what was acknowledged and where, kept in
 * the test's own process, so that no kill of a server can touch it.
 *
 * A body says its number, its length and a checksum of its own filling; whatever comes back is
 * judged by its bytes alone.
 */
import { createHash } from 'node:crypto';

const headBytes = 12;

export interface Place {
  queueId: number;
  queueOffset: number;
}

interface Promised extends Place {
  sequence: number;
}

export interface Verdict {
  /** Acknowledged, and not where the acknowledgement said. */
  lost: string[];
  /** Stored bytes that are no body of ours, or not the bytes of their number. */
  corrupt: string[];
  /** Stored, and never sent. */
  phantom: string[];
  /** Queue offsets missing between the queue's first and last. */
  holes: string[];
  /** Sent once, stored more than once. */
  duplicated: string[];
}

export class Ledger {
  #tried = 0;
  /** In the order of the acknowledgements. */
  readonly #promises: Promised[] = [];

  get acknowledgedCount(): number {
    return this.#promises.length;
  }

  get triedCount(): number {
    return this.#tried;
  }

  get promises(): readonly Promised[] {
    return this.#promises;
  }

  /** A body never sent before; its length follows from its number. */
  nextBody(): { sequence: number; body: Buffer } {
    const sequence = this.#tried++;
    return { sequence, body: bodyOf(sequence) };
  }

  acknowledge(sequence: number, place: Place): void {
    this.#promises.push({ sequence, ...place });
  }

  /** Holds what is stored against what was promised. */
  judge(stored: ReadonlyMap<number, readonly StoredBody[]>): Verdict {
    const inspection = new Inspection(this);
    for (const [queueId, bodies] of stored) inspection.take(queueId, bodies);
    return inspection.verdict();
  }
}

/** A store looked at piece by piece, each queue in the order of its offsets. */
export class Inspection {
  readonly #ledger: Ledger;
  readonly #faults: Omit<Verdict, 'lost'> = { corrupt: [], phantom: [], holes: [], duplicated: [] };
  readonly #lost: string[] = [];
  readonly #found = new Map<number, Place>();
  readonly #ends = new Map<number, number>();
  #promisesSeen = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The queue offset at which the next piece has to begin. */
  end(queueId: number): number {
    return this.#ends.get(queueId) ?? 0;
  }

  take(queueId: number, bodies: readonly StoredBody[]): void {
    const { holes, phantom, corrupt, duplicated } = this.#faults;
    let expected = this.#ends.get(queueId) ?? bodies[0]?.queueOffset ?? 0;
    for (const { queueOffset, body } of bodies) {
      const place = `${queueId}@${queueOffset}`;
      if (queueOffset !== expected) holes.push(`${queueId}@${expected}..${queueOffset}`);
      expected = queueOffset + 1;
      const sequence = body.length >= headBytes ? body.readUInt32BE(0) : -1;
      if (sequence >= this.#ledger.triedCount) phantom.push(place);
      else if (sequence < 0 || !bodyOf(sequence).equals(body)) corrupt.push(place);
      else if (this.#found.has(sequence)) duplicated.push(`${place} #${sequence}`);
      else this.#found.set(sequence, { queueId, queueOffset });
    }
    this.#ends.set(queueId, expected);
  }

  /** All that was found wrong so far; of the promises, the first `count` ones must be kept. */
  verdict(count = this.#ledger.promises.length): Verdict {
    const promises = this.#ledger.promises.slice(this.#promisesSeen, count);
    for (const { sequence, queueId, queueOffset } of promises) {
      const place = this.#found.get(sequence);
      if (place?.queueId !== queueId || place.queueOffset !== queueOffset) {
        this.#lost.push(`#${sequence} at ${queueId}@${queueOffset}`);
      }
    }
    this.#promisesSeen += promises.length;
    return { lost: this.#lost, ...this.#faults };
  }
}

export interface StoredBody {
  queueOffset: number;
  body: Buffer;
}

function bodyOf(sequence: number): Buffer {
  const filling = createHash('sha256').update(`body ${sequence}`).digest();
  // Small ones mostly, a few that fill a good part of a small segment.
  const length = headBytes + (sequence % 97 === 0 ? 60_000 : filling.readUInt16BE(0) % 1500);
  const body = Buffer.alloc(length, filling);
  body.writeUInt32BE(sequence, 0);
  body.writeUInt32BE(length, 4);
  body.writeUInt32BE(filling.readUInt32BE(8), 8);
  return body;
}
