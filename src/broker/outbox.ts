/**
 * The order in which decisions leave the control plane: policy first, then the answers that rest
 * on it, then the notices to other clients.
 *
 * Invariants: an answer never leaves before the policy its request caused is in force; all that
 * one batch of requests caused is one publication and, per group, one notice a member, however
 * many members joined in it.
 */
import type { ConnectionId, DataPlane } from '../dataplane/data-plane.ts';
import type { PolicyDraft } from '../dataplane/policy.ts';

export class Outbox {
  readonly #dataPlane: DataPlane;
  readonly #draft: PolicyDraft;
  readonly #notify: (group: string) => void;
  #frames: { connection: ConnectionId; frame: Uint8Array }[] = [];
  #groups = new Set<string>();
  #scheduled = false;
  #closed = false;

  /** `notify` tells all members of the group that it changed, through {@link send}. */
  constructor(dataPlane: DataPlane, draft: PolicyDraft, notify: (group: string) => void) {
    this.#dataPlane = dataPlane;
    this.#draft = draft;
    this.#notify = notify;
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.#frames.push({ connection, frame });
    this.schedule();
  }

  membersChanged(group: string): void {
    this.#groups.add(group);
    this.schedule();
  }

  /** Lets what was decided take effect at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Puts what was decided so far in force now. */
  publish(): void {
    const delta = this.#draft.take();
    if (delta !== null && !this.#closed) this.#dataPlane.publish(delta);
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#closed) return;
    this.publish();
    this.#sendFrames();
    const groups = this.#groups;
    this.#groups = new Set();
    for (const group of groups) this.#notify(group);
    this.#sendFrames();
  }

  /** Drops what is left; the data plane takes nothing any more. */
  close(): void {
    this.#closed = true;
  }

  #sendFrames(): void {
    const frames = this.#frames;
    this.#frames = [];
    for (const { connection, frame } of frames) this.#dataPlane.send(connection, frame);
  }
}
