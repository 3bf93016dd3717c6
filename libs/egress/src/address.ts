// The outer classifier: judges an address as numbers, never as text. IPv6 is refused outside 2000::/3 (R7).

/** Four or sixteen bytes, or undefined when the text is no address. Zone ids are refused. */
export function parseAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [at, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes[at] = Number(part);
  }
  return bytes;
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const words = (half: string | undefined): number[] | undefined => {
    if (half === undefined || half === '') return [];
    const out: number[] = [];
    const groups = half.split(':');
    for (const [at, group] of groups.entries()) {
      if (group.includes('.')) {
        const v4 = at === groups.length - 1 ? parseV4(group) : undefined;
        if (v4 === undefined) return undefined;
        out.push(((v4[0] ?? 0) << 8) | (v4[1] ?? 0), ((v4[2] ?? 0) << 8) | (v4[3] ?? 0));
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) out.push(Number.parseInt(group, 16));
      else return undefined;
    }
    return out;
  };
  const head = words(halves[0]);
  const tail = words(halves[1]);
  if (head === undefined || tail === undefined) return undefined;
  const gap = 8 - head.length - tail.length;
  if (halves.length === 1 ? gap !== 0 : gap < 1) return undefined;
  const all = [...head, ...Array<number>(halves.length === 1 ? 0 : gap).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  all.forEach((word, at) => {
    bytes[at * 2] = word >> 8;
    bytes[at * 2 + 1] = word & 255;
  });
  return bytes;
}

/** True when the first `bits` of both are the same. */
export function inRange(address: Uint8Array, network: Uint8Array, bits: number): boolean {
  if (address.length !== network.length) return false;
  for (let at = 0; at < bits; at += 8) {
    const mask = bits - at >= 8 ? 255 : (255 << (8 - (bits - at))) & 255;
    const index = at / 8;
    if (((address[index] ?? 0) & mask) !== ((network[index] ?? 0) & mask)) return false;
  }
  return true;
}

type Range = readonly [network: Uint8Array, bits: number, rule: string];

function range(cidr: string): Range {
  const [text = '', bits = ''] = cidr.split('/');
  const network = parseAddress(text);
  if (network === undefined) throw new TypeError(`not a range: ${cidr}`);
  return [network, Number(bits), cidr];
}

// IANA IPv4 and IPv6 Special-Purpose Address Registries, as of 2026-10-01, and the platform address of Azure.
const REFUSED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
].map(range);
const GLOBAL_V6 = range('2000::/3');
const REFUSED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(range);
const INNER_V4 = ['::ffff:0:0/96', '64:ff9b::/96'].map(range);

/** The rule that refuses an address, or undefined when it may be called. */
export function refusedBy(address: Uint8Array): string | undefined {
  if (address.length === 4) return REFUSED_V4.find(([network, bits]) => inRange(address, network, bits))?.[2];
  if (INNER_V4.some(([network, bits]) => inRange(address, network, bits))) return refusedBy(address.subarray(12));
  if (!inRange(address, GLOBAL_V6[0], GLOBAL_V6[1])) return 'not 2000::/3';
  const rule = REFUSED_V6.find(([network, bits]) => inRange(address, network, bits))?.[2];
  if (rule !== undefined) return rule;
  // ISATAP (RFC 5214): an interface identifier of 0000:5efe or 0200:5efe carries an IPv4 address.
  const isatap =
    (address[8] === 0 || address[8] === 2) && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe;
  return isatap ? refusedBy(address.subarray(12)) : undefined;
}

/** An operator's own range: `127.0.0.1/32`, `10.1.0.0/16:8080`, `[::1]/128:443`. Throws TypeError when it is not one. */
export interface OpenedRange {
  readonly network: Uint8Array;
  readonly bits: number;
  readonly port: number | undefined;
}

export function parseOpenedRange(text: string): OpenedRange {
  const match = /^\[?([0-9a-fA-F:.]+?)\]?\/(\d{1,3})(?::(\d{1,5}))?$/.exec(text);
  const network = match?.[1] === undefined ? undefined : parseAddress(match[1]);
  const bits = Number(match?.[2]);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (network === undefined || bits > network.length * 8 || (port !== undefined && (port < 1 || port > 65_535)))
    throw new TypeError(`not an address range with optional port: ${text}`);
  return { network, bits, port };
}
