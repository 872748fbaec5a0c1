/**
 * A broker in the role SLAVE: whom it follows and what it copies (Java BrokerController with
 * SlaveSynchronize).
 *
 * Invariants: the master is the one that name servers last named; while they name none the last
 * known one is tried on, since it comes back at its own address most of the time; a fixed
 * `haMasterAddress` is never replaced. While no master is followed the name servers are asked
 * again every {@link ASK_AGAIN_MS}, not only at the usual period.
 */
import type { DataPlane } from '../../dataplane/data-plane.ts';
import type { Logger } from '../../logging/logger.ts';
import { RemotingClient } from '../../remoting/client.ts';
import type { MasterAddresses } from '../outer/name-servers.ts';
import type { Timers } from '../timers.ts';
import { SlaveCopy, type SlaveCopyParts } from './slave-copy.ts';
import { nameStoredTopics } from './stored-topics.ts';

const COPY_EVERY_MS = 1000;
const ASK_AGAIN_MS = 3000;

export interface SlaveOptions extends Omit<SlaveCopyParts, 'client'> {
  /** This broker's own address, which is no master's. */
  ownAddress: string;
  /** `haMasterAddress`, null when the name servers tell it. */
  fixedHaAddress: string | null;
  /** Registers with the name servers, whose answers name the master. */
  registerAll: () => Promise<void>;
}

export class Slave {
  readonly #options: SlaveOptions;
  readonly #client = new RemotingClient();
  readonly #copy: SlaveCopy;
  readonly #dataPlane: DataPlane;
  readonly #log: Logger;
  #masterAddress: string | null = null;
  #haAddress: string | null = null;
  /** What was last logged of the link. */
  #refusal: string | null = null;

  constructor(options: SlaveOptions) {
    this.#options = options;
    this.#dataPlane = options.dataPlane;
    this.#log = options.log;
    this.#copy = new SlaveCopy({ ...options, client: this.#client });
  }

  /** What a name server answered to this broker's registration. */
  told({ masterAddr, haServerAddr }: MasterAddresses): void {
    const { ownAddress, fixedHaAddress } = this.#options;
    if (masterAddr !== null && masterAddr !== ownAddress && masterAddr !== this.#masterAddress) {
      if (this.#masterAddress !== null) this.#client.drop(this.#masterAddress);
      this.#masterAddress = masterAddr;
      this.#log.info({ masterAddr, haServerAddr }, 'following a master');
    }
    if (fixedHaAddress !== null || haServerAddr === null || haServerAddr === this.#haAddress) {
      return;
    }
    this.#haAddress = haServerAddr;
    this.#dataPlane.setMasterAddress(haServerAddr);
  }

  start(timers: Timers): void {
    timers.every(
      () => COPY_EVERY_MS,
      'copying from the master',
      () => this.#round(),
    );
    timers.every(
      () => ASK_AGAIN_MS,
      'looking for the master',
      () => (this.#copy.isFollowing() ? undefined : this.#options.registerAll()),
    );
  }

  async stop(): Promise<void> {
    await this.#client.close();
  }

  async #round(): Promise<void> {
    this.#noteRefusal();
    if (!this.#copy.isFollowing()) await this.#nameTopics();
    if (this.#masterAddress !== null) await this.#copy.run(this.#masterAddress);
  }

  async #nameTopics(): Promise<void> {
    const named = await nameStoredTopics(this.#dataPlane, this.#options.topics);
    if (named.length > 0) this.#log.warn({ named }, 'topics that the master had no time to name');
  }

  /** An operator must hear of it: a slave that takes nothing is no copy. */
  #noteRefusal(): void {
    const refusal = this.#dataPlane.replicationStatus().master?.refusal ?? null;
    if (refusal === this.#refusal) return;
    this.#refusal = refusal;
    if (refusal !== null) this.#log.error({ refusal }, 'this slave takes nothing from its master');
    else this.#log.info('this slave takes from its master again');
  }
}
