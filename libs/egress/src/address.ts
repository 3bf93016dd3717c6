// The outer classifier: judges an address as numbers, never as text. IPv6 is refused outside 2000::/3 (R7).
import { REFUSED_V4, REFUSED_V6 } from './registry.ts';

/**
 * Four or sixteen bytes, or undefined when the text is no address. Only the textual forms of RFC 4291 and dotted decimal without
 * leading zeros are read; a zone id, an octal or a shortened IPv4 form is no address.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
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

/** The 16-bit words of one side of `::`; a dotted tail counts as two. */
function parseWords(half: string | undefined): number[] | undefined {
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
}

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  // A dotted tail stands at the end of the whole address only.
  if (halves.length === 2 && halves[0]?.includes('.') === true) return undefined;
  const head = parseWords(halves[0]);
  const tail = parseWords(halves[1]);
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
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (address[at] !== network[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (((address[whole] ?? 0) ^ (network[whole] ?? 0)) & (255 << (8 - rest)) & 255) === 0;
}

type Range = readonly [network: Uint8Array, bits: number, rule: string];

function range(cidr: string): Range {
  const [text = '', bits = ''] = cidr.split('/');
  const network = parseAddress(text);
  if (network === undefined) throw new TypeError(`not a range: ${cidr}`);
  return [network, Number(bits), cidr];
}

interface Tables {
  readonly v4: readonly Range[];
  readonly v6: readonly Range[];
  readonly carriers: readonly Range[];
}
let built: Tables | undefined;
/** Parsed on first use: importing this package does no work. */
function tables(): Tables {
  built ??= {
    v4: REFUSED_V4.map(([cidr]) => range(cidr)),
    v6: REFUSED_V6.map(([cidr]) => range(cidr)),
    carriers: ['::ffff:0:0/96', '64:ff9b::/96'].map(range),
  };
  return built;
}

/** The IPv4 address inside `::ffff:0:0/96` and `64:ff9b::/96` (RFC 4291, RFC 6052), else the address itself. */
export function unwrap(address: Uint8Array): Uint8Array {
  if (address.length !== 16) return address;
  return tables().carriers.some(([network, bits]) => inRange(address, network, bits)) ? address.subarray(12) : address;
}

/** The rule that refuses an address, or undefined when it may be called. */
export function refusedBy(address: Uint8Array): string | undefined {
  const { v4, v6 } = tables();
  const inner = unwrap(address);
  if (inner.length === 4) return v4.find(([network, bits]) => inRange(inner, network, bits))?.[2];
  if (((address[0] ?? 0) & 0xe0) !== 0x20) return 'not 2000::/3';
  const rule = v6.find(([network, bits]) => inRange(address, network, bits))?.[2];
  if (rule !== undefined) return rule;
  // ISATAP (RFC 5214): an interface identifier of 0000:5efe or 0200:5efe carries an IPv4 address.
  const isatap =
    (address[8] === 0 || address[8] === 2) && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe;
  return isatap ? refusedBy(address.subarray(12)) : undefined;
}

/** RFC 5952 text of four or sixteen bytes: one text for one address, so it can be a key. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join('.');
  const words = Array.from({ length: 8 }, (_, at) => ((address[at * 2] ?? 0) << 8) | (address[at * 2 + 1] ?? 0));
  return new URL(`http://[${words.map((word) => word.toString(16)).join(':')}]/`).hostname.slice(1, -1);
}
