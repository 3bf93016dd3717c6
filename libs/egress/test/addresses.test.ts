import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCsv, renderRegistry } from '../registry/generate.ts';
import { formatAddress, parseAddress, refusedBy } from '../src/address.ts';
import { parseRange } from '../src/ranges.ts';
import { createSocketDoor } from '../src/socket-door.ts';

const REGISTRY = new URL('../registry/', import.meta.url);
const door = createSocketDoor({ allow: [], deny: [], fakeIp: [], metadata: false });
const innerPasses = (text: string): boolean =>
  door({ remote: text, local: undefined, port: 443, literal: true }) === 'pass';
const outerPasses = (text: string): boolean => {
  const address = parseAddress(text);
  assert.ok(address !== undefined, text);
  return refusedBy(address) === undefined;
};

/** A third reading of the rules, on big integers and straight from the snapshot, that shares no line with the two in the product. */
class Oracle {
  readonly #v4: [bigint, bigint][] = [];
  readonly #v6: [bigint, bigint][] = [];

  static async load(): Promise<Oracle> {
    const oracle = new Oracle();
    for (const name of ['iana-ipv4-special-registry.csv', 'iana-ipv6-special-registry.csv', 'supplement.csv'])
      for (const row of readCsv(await readFile(new URL(name, REGISTRY), 'utf8'))) oracle.#add(row);
    return oracle;
  }

  #add(row: Record<string, string>): void {
    if (row['Globally Reachable'] === 'True') return;
    for (const block of (row['Address Block'] ?? '').replaceAll(/\[\d\]/g, '').split(',')) {
      const [prefix = '', bits = ''] = block.trim().split('/');
      const width = prefix.includes(':') ? 128n : 32n;
      const shift = width - BigInt(bits);
      (width === 32n ? this.#v4 : this.#v6).push([Oracle.toNumber(prefix) >> shift, shift]);
    }
  }

  static toNumber(text: string): bigint {
    if (!text.includes(':')) return text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
    const [head = '', tail] = canonical.split('::');
    const words = (part: string): bigint[] => (part === '' ? [] : part.split(':').map((word) => BigInt(`0x${word}`)));
    const [left, right] = [words(head), words(tail ?? '')];
    const all = [...left, ...Array<bigint>(8 - left.length - right.length).fill(0n), ...right];
    return all.reduce((sum, word) => (sum << 16n) | word, 0n);
  }

  passes(text: string): boolean {
    const value = Oracle.toNumber(text);
    if (!text.includes(':')) return this.#passesV4(value);
    const carried = value & 0xffff_ffffn;
    const prefix = value >> 32n;
    if (prefix === 0xffffn || prefix === 0x64ff9bn << 64n) return this.#passesV4(carried);
    if (value >> 125n !== 1n) return false;
    if (this.#v6.some(([network, shift]) => value >> shift === network)) return false;
    const identifier = prefix & 0xffff_ffffn;
    return identifier === 0x5efen || identifier === 0x0200_5efen ? this.#passesV4(carried) : true;
  }

  #passesV4(value: bigint): boolean {
    return !this.#v4.some(([network, shift]) => value >> shift === network);
  }
}
const oracle = await Oracle.load();

const octet = fc.nat(255);
const v4 = fc
  .tuple(
    fc.oneof(octet, fc.constantFrom(0, 10, 100, 127, 168, 169, 172, 192, 198, 203, 224, 240, 255)),
    fc.oneof(octet, fc.constantFrom(0, 16, 18, 31, 51, 63, 64, 88, 127, 168, 254)),
    fc.oneof(octet, fc.constantFrom(0, 2, 99, 100, 113, 129)),
    fc.oneof(octet, fc.constantFrom(0, 16, 255)),
  )
  .map((parts) => parts.join('.'));
const word = fc.oneof(
  fc.nat(0xffff),
  fc.constantFrom(0, 1, 2, 0x64, 0x100, 0x200, 0xdb8, 0x1ff, 0x2001, 0x2002, 0x5efe, 0xff9b, 0xffff, 0x7f00, 0xa00),
);
const v6 = fc
  .tuple(
    fc.oneof(word, fc.constantFrom(0x2001, 0x2002, 0x2606, 0x3fff, 0x5f00, 0xfe80)),
    word,
    word,
    word,
    word,
    word,
    word,
    word,
  )
  .map((words) => words.map((value) => value.toString(16)).join(':'));
const anyAddress = fc.oneof(
  v4,
  v6,
  v4.map((inner) => `::ffff:${inner}`),
  v4.map((inner) => `64:ff9b::${inner}`),
  v4.map((inner) => `::${inner}`),
  v4.map((inner) => `2606:4700::5efe:${inner}`),
  v4.map((inner) => `2606:4700::200:5efe:${inner}`),
  v4.map((inner) => `2606:4700::1111:5efe:${inner}`),
  fc.constantFrom(
    '2606:4700:1:1:0:5efe::',
    '2606:4700:1:1:200:5efe::',
    '2606:4700:1:1:0:5efe:0:1',
    '64:ff9b::',
    '::ffff:0:0',
  ),
);

test('the table in the source is the one that the snapshot gives', async () => {
  assert.equal(await readFile(new URL('../src/registry.ts', import.meta.url), 'utf8'), await renderRegistry());
});

test('both doors refuse every block of the snapshot that is not globally reachable, at its first and last address', async () => {
  let blocks = 0;
  for (const name of ['iana-ipv4-special-registry.csv', 'iana-ipv6-special-registry.csv', 'supplement.csv']) {
    for (const row of readCsv(await readFile(new URL(name, REGISTRY), 'utf8'))) {
      if (row['Globally Reachable'] === 'True') continue;
      for (const block of (row['Address Block'] ?? '').replaceAll(/\[\d\]/g, '').split(',')) {
        const { network, bits } = parseRange(block.trim());
        const last = network.map((byte, at) => byte | (255 >> Math.min(8, Math.max(0, bits - at * 8))));
        for (const address of [network, last]) {
          // The mapped block holds every IPv4 address, and each is judged by itself.
          if (block.startsWith('::ffff:0:0')) continue;
          assert.ok(!outerPasses(formatAddress(address)), `outer: ${block}`);
          assert.ok(!innerPasses(formatAddress(address)), `inner: ${block}`);
        }
        blocks++;
      }
    }
  }
  assert.ok(blocks > 30, `${blocks} blocks`);
});

test('the two doors and the oracle give one verdict on any address', () => {
  fc.assert(
    fc.property(anyAddress, (text) => {
      assert.equal(outerPasses(text), oracle.passes(text), `outer ${text}`);
      const metadata = text.endsWith('100.100.100.200') || text.endsWith('192.0.0.192');
      if (!metadata) assert.equal(innerPasses(text), oracle.passes(text), `inner ${text}`);
    }),
    { numRuns: 20_000 },
  );
});

test('the two doors and the oracle give one verdict on uniformly random addresses', () => {
  const random = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatAddress);
  const global = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => formatAddress(Uint8Array.of(0x20 | ((bytes[0] ?? 0) & 0x1f), ...bytes.subarray(1))));
  fc.assert(
    fc.property(fc.oneof(random, global), (text) => {
      assert.equal(outerPasses(text), oracle.passes(text), text);
      assert.equal(innerPasses(text), oracle.passes(text), text);
    }),
    { numRuns: 10_000 },
  );
});

test('any textual form of an address is the same address', () => {
  const forms = (bytes: Uint8Array): string[] => {
    const words = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
    const plain = words.map((value) => value.toString(16));
    const tail = `${bytes.subarray(12, 14).join('.')}.${bytes.subarray(14).join('.')}`;
    return [
      plain.join(':'),
      plain.join(':').toUpperCase(),
      words.map((value) => value.toString(16).padStart(4, '0')).join(':'),
      `${plain.slice(0, 6).join(':')}:${tail}`,
      formatAddress(bytes),
    ];
  };
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      for (const form of forms(bytes)) assert.deepEqual(parseAddress(form), bytes, form);
    }),
    { numRuns: 2_000 },
  );
});

test('what is no address is not read as one', () => {
  const texts =
    `1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.04 0x7f.0.0.1 256.1.1.1 1.2.3.4. .1.2.3.4 1..2.3 -1.2.3.4 1.2.3.4/8 127.1 2130706433
    1::2::3 ::: :1 1: 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 12345::1 g::1 fe80::1%eth0 fe80::1%25eth0 [::1] ::1/128 1.2.3.4::1 ::1.2.3
    ::1.2.3.4:5 ::ffff:1.2.3.256 1:2:3:4:5:6:7:1.2.3.4 ::ffff:01.2.3.4 1.2.3.4::`.split(/\s+/);
  for (const text of [...texts, '', ' ', '1.2.3.4 ', ' ::1', '１.2.3.4', 'localhost'])
    assert.equal(parseAddress(text), undefined, JSON.stringify(text));
});

test('a range is read whole or refused', () => {
  assert.deepEqual(parseRange('[::1]/128:443'), { network: parseAddress('::1'), bits: 128, port: 443 });
  assert.equal(parseRange('10.1.0.0/16').port, undefined);
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/8:0',
    '10.0.0.0/8:65536',
    '10.0.0/8',
    'x/8',
    '[10.0.0.0/8',
    '',
  ])
    assert.throws(() => parseRange(text), TypeError, text);
});
