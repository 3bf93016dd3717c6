// The inner door: judges the address that the socket is really connected to, before the first byte.
// Written apart from the outer classifier, on node:net BlockList filled from the registries' rows, so that one fault does not open both.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** IANA special-purpose registries, snapshot of 2026-10-01: [prefix, length]. */
const IPV4_ROWS: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];
const IPV6_ROWS: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

export function createSocketDoor(): (remote: string) => boolean {
  const v4 = new BlockList();
  const v6 = new BlockList();
  const global = new BlockList();
  for (const [prefix, length] of IPV4_ROWS) v4.addSubnet(prefix, length, 'ipv4');
  for (const [prefix, length] of IPV6_ROWS) v6.addSubnet(prefix, length, 'ipv6');
  global.addSubnet('2000::', 3, 'ipv6');
  /** True when the connected peer is a public address. */
  return (remote) => {
    if (isIPv4(remote)) return !v4.check(remote, 'ipv4');
    if (!isIPv6(remote)) return false;
    const canonical = new URL(`http://[${remote}]/`).hostname.slice(1, -1);
    const embedded = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
    if (embedded !== null) return !v4.check(dotted(embedded[1], embedded[2]), 'ipv4');
    if (!global.check(canonical, 'ipv6') || v6.check(canonical, 'ipv6')) return false;
    const isatap =
      /:(?:0|200):5efe:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ??
      /::5efe:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
    return isatap === null || !v4.check(dotted(isatap[1], isatap[2]), 'ipv4');
  };
}

function dotted(high = '0', low = '0'): string {
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}
