/**
 * `host:port` texts. RocketMQ cuts at the last colon, so that IPv6 works with or without
 * brackets.
 */
export interface HostPort {
  host: string;
  port: number;
}

export function parseAddress(address: string): HostPort | null {
  const cut = address.lastIndexOf(':');
  const host = address.slice(0, Math.max(cut, 0)).replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(cut + 1));
  const isPort = /^\d{1,5}$/.test(address.slice(cut + 1)) && port > 0 && port < 65_536;
  return host !== '' && isPort ? { host, port } : null;
}
