// Ranges that an operator opens or shuts, and the addresses that stay shut whatever is opened.
import { inRange, parseAddress, unwrap } from './address.ts';

/** An operator's range: `127.0.0.1/32`, `10.1.0.0/16:8080`, `[::1]/128:443`. Without a port it means all ports. */
export interface AddressRange {
  readonly network: Uint8Array;
  readonly bits: number;
  readonly port: number | undefined;
}

/** Throws TypeError when the text is no range. */
export function parseRange(text: string): AddressRange {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F:.]+))\/(\d{1,3})(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const network = address === undefined ? undefined : parseAddress(address);
  const bits = Number(match?.[3]);
  const port = match?.[4] === undefined ? undefined : Number(match[4]);
  if (network === undefined || bits > network.length * 8 || (port !== undefined && (port < 1 || port > 65_535)))
    throw new TypeError(`not an address range with optional port: ${text.slice(0, 80)}`);
  return { network, bits, port };
}

/** True when a range names the address itself: opening 127.0.0.1 does not open its NAT64 form, which is another machine's loopback. */
export function covers(ranges: readonly AddressRange[], address: Uint8Array, port: number): boolean {
  return ranges.some(
    (range) => (range.port === undefined || range.port === port) && inRange(address, range.network, range.bits),
  );
}

/** The same, and also true when the IPv4 address that a carrier such as `::ffff:0:0/96` holds is named: for refusals. */
export function coversInside(ranges: readonly AddressRange[], address: Uint8Array, port: number): boolean {
  return ranges.length > 0 && (covers(ranges, address, port) || covers(ranges, unwrap(address), port));
}

/** Where clouds hand credentials to whoever asks from inside. */
const METADATA = [
  '169.254.169.254/32', // AWS, Azure, Google, DigitalOcean, Oracle, OpenStack
  '169.254.170.2/32', // AWS ECS task credentials
  '169.254.170.23/32', // AWS EKS pod identity
  '169.254.42.42/32', // Scaleway
  '169.254.0.23/32', // Tencent
  '100.100.100.200/32', // Alibaba
  '192.0.0.192/32', // Oracle classic
  '168.63.129.16/32', // Azure platform
  'fd00:ec2::254/128', // AWS
  'fd00:ec2::23/128', // AWS EKS pod identity
  'fd20:ce::254/128', // Google
  'fe80::a9fe:a9fe/128', // OpenStack
];
let metadata: readonly AddressRange[] | undefined;

export function isMetadata(address: Uint8Array): boolean {
  metadata ??= METADATA.map(parseRange);
  return coversInside(metadata, address, 0);
}

/** Ranges that proxies with invented addresses answer from; opened by name, for DNS answers only. */
export const FAKE_IP_RANGES = { 'benchmark-v4': '198.18.0.0/15', 'unique-local-v6': 'fc00::/7' } as const;
export type FakeIpRange = keyof typeof FAKE_IP_RANGES;
