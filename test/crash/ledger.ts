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
  readonly #acknowledged = new Map<number, Place>();

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  get triedCount(): number {
    return this.#tried;
  }

  /** A body never sent before; its length follows from its number. */
  nextBody(): { sequence: number; body: Buffer } {
    const sequence = this.#tried++;
    return { sequence, body: bodyOf(sequence) };
  }

  acknowledge(sequence: number, place: Place): void {
    this.#acknowledged.set(sequence, place);
  }

  /** Holds what is stored against what was promised. */
  judge(stored: ReadonlyMap<number, readonly StoredBody[]>): Verdict {
    const verdict: Verdict = { lost: [], corrupt: [], phantom: [], holes: [], duplicated: [] };
    const found = new Map<number, Place>();
    for (const [queueId, bodies] of stored) {
      let expected = bodies[0]?.queueOffset ?? 0;
      for (const { queueOffset, body } of bodies) {
        const place = `${queueId}@${queueOffset}`;
        if (queueOffset !== expected) verdict.holes.push(`${queueId}@${expected}..${queueOffset}`);
        expected = queueOffset + 1;
        const sequence = body.length >= headBytes ? body.readUInt32BE(0) : -1;
        if (sequence >= this.#tried) verdict.phantom.push(place);
        else if (sequence < 0 || !bodyOf(sequence).equals(body)) verdict.corrupt.push(place);
        else if (found.has(sequence)) verdict.duplicated.push(`${place} #${sequence}`);
        else found.set(sequence, { queueId, queueOffset });
      }
    }
    for (const [sequence, { queueId, queueOffset }] of this.#acknowledged) {
      const place = found.get(sequence);
      if (place?.queueId !== queueId || place.queueOffset !== queueOffset) {
        verdict.lost.push(`#${sequence} at ${queueId}@${queueOffset}`);
      }
    }
    return verdict;
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
