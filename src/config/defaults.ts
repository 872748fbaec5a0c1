/** Defaults that depend on the machine and its environment, as RocketMQ computes them. */
import { availableParallelism, homedir, hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';

export function rocketmqHome(): string | null {
  return process.env['ROCKETMQ_HOME'] ?? null;
}

export function namesrvAddr(): string | null {
  return process.env['NAMESRV_ADDR'] ?? null;
}

export function inHome(path: string): string {
  return join(homedir(), path);
}

export function cpus(): number {
  return availableParallelism();
}

export function hostName(): string {
  const name = hostname();
  return name === '' ? 'DEFAULT_BROKER' : name;
}

const VIRTUAL_INTERFACE = /^(docker|br-|veth|virbr|tun|tap|ppp|utun)/;
const PRIVATE_V4 = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/**
 * The address by which others reach this machine: the first public IPv4, else the last private
 * IPv4, else an IPv6 in brackets, else `localhost` (Java `NetworkUtil.getLocalAddress`).
 */
export function localAddress(): string {
  const addresses = Object.entries(networkInterfaces())
    .filter(([name]) => !VIRTUAL_INTERFACE.test(name))
    .flatMap(([, list]) => list ?? [])
    .filter((entry) => !entry.internal);
  const v4 = addresses.filter((entry) => entry.family === 'IPv4').map((entry) => entry.address);
  const v6 = addresses.filter((entry) => entry.family === 'IPv6').map((entry) => entry.address);
  const publicV4 = v4.find((address) => !PRIVATE_V4.test(address));
  const publicV6 = v6.find((address) => !address.startsWith('fe80')) ?? v6[0];
  return publicV4 ?? v4.at(-1) ?? (publicV6 === undefined ? 'localhost' : `[${publicV6}]`);
}
