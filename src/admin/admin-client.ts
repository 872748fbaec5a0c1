/**
 * What an operator may ask of and tell a cluster (Java DefaultMQAdminExt), as typed calls by noun.
 *
 * Invariants: every call ends within its timeout, with an answer or an error that names the
 * address it came from; a name server that does not answer is skipped for the next one.
 * Refuses: printing, retrying what may have taken effect, and keeping state between calls
 * other than connections and, when asked to, which addresses are unreachable.
 */
import { Asker } from './asker.ts';
import { ClientAdmin } from './clients.ts';
import { ClusterAdmin } from './clusters.ts';
import { ConfigAdmin } from './config.ts';
import { GroupAdmin } from './groups.ts';
import { MessageAdmin } from './messages.ts';
import { OffsetAdmin } from './offsets.ts';
import { StatsAdmin } from './stats.ts';
import { StoreAdmin } from './store-check.ts';
import { TopicAdmin } from './topics.ts';

export interface AdminClientOptions {
  /** `host:port` of each. */
  nameServers: string[];
  /** Of each request, 5,000 without it; what walks many queues gets three times as long. */
  timeoutMs?: number;
  /**
   * Whether an address that could not be reached or did not answer fails every further call at
   * once, until `forgetUnreachable`: for one round of many questions, not for a lasting client.
   */
  rememberUnreachable?: boolean;
}

export class AdminClient {
  readonly nameServers: readonly string[];
  readonly clients: ClientAdmin;
  readonly clusters: ClusterAdmin;
  readonly config: ConfigAdmin;
  readonly groups: GroupAdmin;
  readonly messages: MessageAdmin;
  readonly offsets: OffsetAdmin;
  readonly stats: StatsAdmin;
  readonly store: StoreAdmin;
  readonly topics: TopicAdmin;
  readonly #asker: Asker;

  constructor({ nameServers, timeoutMs = 5000, rememberUnreachable = false }: AdminClientOptions) {
    if (nameServers.length === 0) throw new Error('no name server address given');
    const asker = new Asker({ nameServers, timeoutMs, rememberUnreachable });
    this.#asker = asker;
    this.nameServers = nameServers;
    this.topics = new TopicAdmin(asker);
    this.clusters = new ClusterAdmin(asker);
    this.clients = new ClientAdmin(asker, this.topics);
    this.config = new ConfigAdmin(asker);
    this.groups = new GroupAdmin(asker);
    this.messages = new MessageAdmin(asker, this.clusters, this.topics);
    this.offsets = new OffsetAdmin(asker, this.topics);
    this.stats = new StatsAdmin(asker);
    this.store = new StoreAdmin(asker);
  }

  /** Gives addresses that could not be reached another chance. */
  forgetUnreachable(): void {
    this.#asker.forgetUnreachable();
  }

  /** Ends all connections; idempotent. */
  async close(): Promise<void> {
    await this.#asker.close();
  }
}
