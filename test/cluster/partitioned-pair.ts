/**
 * A synchronous pair, two name servers and clients, each of whose ways to each other is a link of
 * its own: what brokers register is the address of a link, not their own.
 *
 * The links' addresses are further ones of loopback, so that link and broker can have one port:
 * a broker registers its own port, whatever its address.
 */
import { Pair } from '../integration/pair.ts';
import type { Machine, Server } from '../integration/servers.ts';
import { freePort } from '../oracle/free-port.ts';
import { Link } from './link.ts';

const own = '127.0.0.1';
const registered = '127.0.0.2';
const registeredHa = '127.0.0.3';

export const replicationLink = 'slave - HA port of master';

/** Told within half a second that a slave is mute, and within two that a link is dead. */
const quick = {
  bindAddress: own,
  brokerIP1: registered,
  brokerIP2: registeredHa,
  slaveTimeout: 500,
  haSendHeartbeatInterval: 300,
  haHousekeepingInterval: 2000,
  mappedFileSizeCommitLog: 1024 * 1024,
  fileReservedTime: 72,
};

function portOf({ address }: Server): number {
  return Number(address.slice(address.indexOf(':') + 1));
}

export interface ClientWays {
  toMaster: string;
  toSlave: string;
  toNameServers: string[];
}

export class PartitionedPair {
  readonly pair: Pair;
  readonly nameServers: readonly Server[];
  readonly links: readonly Link[];
  /** How clients reach the servers. */
  readonly ways: ClientWays;
  /** The master as name servers tell it. */
  readonly registeredMaster: string;

  private constructor(
    pair: Pair,
    nameServers: readonly Server[],
    links: readonly Link[],
    ways: ClientWays,
  ) {
    this.pair = pair;
    this.nameServers = nameServers;
    this.links = links;
    this.ways = ways;
    this.registeredMaster = `${registered}:${portOf(pair.master)}`;
  }

  static async start(machine: Machine): Promise<PartitionedPair> {
    const links: Link[] = [];
    const open = async (name: string, host: string, port: number, target: number) => {
      links.push(await Link.open(name, { host, port }, { host: own, port: target }));
      return `${host}:${port}`;
    };
    const way = async (name: string, to: Server): Promise<string> =>
      await open(name, own, await freePort(), portOf(to));

    const nameServers = [await machine.nameServer(), await machine.nameServer()];
    const waysOf = (who: string): Promise<string[]> =>
      Promise.all(nameServers.map((each, index) => way(`${who} - name server ${index}`, each)));
    const namesOf = async (who: string) => ({ namesrvAddr: (await waysOf(who)).join(';') });

    const ofMaster = { ...quick, ...(await namesOf('master')) };
    const master = await machine.shipped('2m-2s-sync/broker-a', [], ofMaster);
    const masterPort = portOf(master);
    await open(replicationLink, registeredHa, masterPort + 1, masterPort + 1);
    await open('slave - master', registered, masterPort, masterPort);
    const ofSlave = { ...quick, ...(await namesOf('slave')) };
    const slave = await machine.shipped('2m-2s-sync/broker-a-s', [], ofSlave);
    await open('master - slave', registered, portOf(slave), portOf(slave));

    const [first] = nameServers;
    if (first === undefined) throw new Error('no name server');
    const ways = {
      toMaster: await way('client - master', master),
      toSlave: await way('client - slave', slave),
      toNameServers: await waysOf('client'),
    };
    return new PartitionedPair(new Pair(machine, first, master, slave), nameServers, links, ways);
  }

  async close(): Promise<void> {
    await this.pair.close();
    await Promise.all(this.links.map((link) => link.close()));
  }
}
