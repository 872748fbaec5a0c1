/**
 * The list of name servers as users write it: `ns1:9876;ns2:9876`. RocketMQ separates by `;`;
 * ours takes `,` as well and allows blanks. Repetitions are dropped, the order is kept.
 */
export function parseNameServers(list: string): string[] {
  const addresses = list.split(/[;,]/).map((address) => address.trim());
  return [...new Set(addresses.filter((address) => address !== ''))];
}
