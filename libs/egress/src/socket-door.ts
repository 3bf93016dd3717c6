// The inner door: judges the address that the socket is really connected to, before the first byte, TLS included.
// Written apart from the outer classifier, on node:net BlockList with rows of its own, so that one fault does not open both.
import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Row = readonly [prefix: string, length: number];

/** What the IANA special-purpose registries do not call globally reachable, and multicast. A test holds them to the snapshot. */
const IPV4_ROWS: readonly Row[] = [
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
const IPV6_ROWS: readonly Row[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];
const METADATA_V4 = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '169.254.42.42',
  '169.254.0.23',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
];
const METADATA_V6 = ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fe80::a9fe:a9fe'];

/** Ranges as the operator wrote them: `10.0.0.0/8`, `127.0.0.1/32:8080`, `[::1]/128:443`. */
export interface DoorRanges {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly fakeIp: readonly string[];
  readonly metadata: boolean;
}

export interface Peer {
  readonly remote: string;
  /** Address of our own end: the same as the peer's when a socket leads back to this machine. */
  readonly local: string | undefined;
  readonly port: number;
  /** The host was written as an address, so no invented DNS answer can stand behind it. */
  readonly literal: boolean;
}

export type SocketDoor = (peer: Peer) => 'pass' | 'refused' | 'metadata';

interface PortedList {
  readonly port: number | undefined;
  readonly list: BlockList;
}

function readRanges(texts: readonly string[]): PortedList[] {
  return texts.map((text) => {
    const slash = text.lastIndexOf('/');
    const [length = '', port] = text.slice(slash + 1).split(':');
    const prefix = text.slice(0, slash).replace('[', '').replace(']', '');
    const list = new BlockList();
    list.addSubnet(prefix, Number(length), isIPv4(prefix) ? 'ipv4' : 'ipv6');
    return { port: port === undefined ? undefined : Number(port), list };
  });
}

const listOf = (rows: readonly Row[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const [prefix, length] of rows) list.addSubnet(prefix, length, family);
  return list;
};

/** The text that URLs use, and the IPv4 address that it carries, if any. */
function readPeer(remote: string): { canonical: string; carried: string | undefined; isatap: string | undefined } {
  if (isIPv4(remote)) return { canonical: remote, carried: remote, isatap: undefined };
  const canonical = new URL(`http://[${remote}]/`).hostname.slice(1, -1);
  const embedded = /^(?:::ffff:|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  const short = /^64:ff9b::(?:([0-9a-f]{1,4}))?$/.exec(canonical);
  const isatap =
    /:(?:0|200):5efe:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ??
    /::5efe:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical) ??
    /:(?:0|200):5efe:()():$/.exec(canonical);
  const carried =
    embedded !== null ? dotted(embedded[1], embedded[2]) : short !== null ? dotted('0', short[1]) : undefined;
  return { canonical, carried, isatap: isatap === null ? undefined : dotted(isatap[1], isatap[2]) };
}

/** Empty text is zero: the words that `::` stands for. */
function dotted(high = '', low = ''): string {
  const bits = Number.parseInt(`0${high}`, 16) * 65_536 + Number.parseInt(`0${low}`, 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join('.');
}

export function createSocketDoor(ranges: DoorRanges): SocketDoor {
  const v4 = listOf(IPV4_ROWS, 'ipv4');
  const v6 = listOf(IPV6_ROWS, 'ipv6');
  const global = listOf([['2000::', 3]], 'ipv6');
  const metadata = new BlockList();
  for (const address of METADATA_V4) metadata.addAddress(address, 'ipv4');
  for (const address of METADATA_V6) metadata.addAddress(address, 'ipv6');
  const [allow, deny, fakeIp] = [readRanges(ranges.allow), readRanges(ranges.deny), readRanges(ranges.fakeIp)];
  const isIn = (lists: readonly PortedList[], text: string, port: number): boolean =>
    lists.some(
      (entry) =>
        (entry.port === undefined || entry.port === port) && entry.list.check(text, isIPv4(text) ? 'ipv4' : 'ipv6'),
    );

  return ({ remote, local, port, literal }) => {
    if (!isIPv4(remote) && (!isIPv6(remote) || remote.includes('%'))) return 'refused';
    const { canonical, carried, isatap } = readPeer(remote);
    const opened = isIn(allow, canonical, port);
    const isMetadata = [canonical, carried ?? canonical].some((text) =>
      metadata.check(text, isIPv4(text) ? 'ipv4' : 'ipv6'),
    );
    if (isMetadata && !(ranges.metadata && opened)) return 'metadata';
    if (isIn(deny, canonical, port) || (carried !== undefined && isIn(deny, carried, port))) return 'refused';
    if (opened) return 'pass';
    if (!literal && isIn(fakeIp, canonical, port)) return 'pass';
    if (local === remote) return 'refused';
    if (carried !== undefined) return v4.check(carried, 'ipv4') ? 'refused' : 'pass';
    if (!global.check(canonical, 'ipv6') || v6.check(canonical, 'ipv6')) return 'refused';
    return isatap !== undefined && v4.check(isatap, 'ipv4') ? 'refused' : 'pass';
  };
}
