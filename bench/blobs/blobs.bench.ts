// Measures what sealing a blob costs: bytes in one CPU second through the sealed form, as a ratio to one plain `createCipheriv` of
// AES-256-GCM over the same stream (AR9: at least 0.7). Rounds are interleaved, so that a noisy moment strikes all alike. Run:
//   node launcher/with-node.mjs bench/blobs/blobs.bench.ts [MEBIBYTES]
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { HEADER_BYTES, openChunks, sealChunks, sealOf } from '../../server/src/blobs/sealed-format.ts';

const ROUNDS = 15;
const MIB = 1024 * 1024;
const size = Number(process.argv[2] ?? 64) * MIB;
const PIECE = 64 * 1024;
const plain = Array.from({ length: size / PIECE }, () => randomBytes(PIECE));
const key = randomBytes(32);
const nonce = randomBytes(12);

async function* stream(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function drain(source: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const piece of source) bytes += piece.length;
  return bytes;
}

const sealedAll: Uint8Array[] = [];
const tag = createCipheriv('aes-256-gcm', key, nonce);
const encrypted = plain.map((piece) => tag.update(piece));
tag.final();

const runs: Readonly<Record<string, () => Promise<number>>> = {
  'plain createCipheriv': async () => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    let bytes = 0;
    for await (const piece of stream(plain)) bytes += cipher.update(piece).length;
    cipher.final();
    cipher.getAuthTag();
    return bytes;
  },
  seal: () => drain(sealChunks(sealOf(key, nonce), stream(plain))),
  'plain createDecipheriv': async () => {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(tag.getAuthTag());
    let bytes = 0;
    for await (const piece of stream(encrypted)) bytes += decipher.update(piece).length;
    decipher.final();
    return bytes;
  },
  open: () => {
    const seal = sealOf(key, nonce);
    const chunks = Math.ceil(size / seal.chunkBytes);
    return drain(openChunks(seal, { chunks, bytes: size }, { first: 0, end: chunks }, stream(sealedAll)));
  },
};

for await (const piece of sealChunks(sealOf(key, nonce), stream(plain))) sealedAll.push(piece);
sealedAll.pop();
const spent = new Map<string, number[]>(Object.keys(runs).map((name) => [name, []]));
for (let round = -2; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(runs)) {
    const start = process.cpuUsage();
    const bytes = await run();
    const used = process.cpuUsage(start);
    if (bytes < size) throw new Error(`${name} lost bytes`);
    if (round >= 0) spent.get(name)?.push(used.user + used.system);
  }

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const times = (name: string): readonly number[] => spent.get(name) ?? [];
/** The median of the rounds' own ratios: what slowed a round slowed both. */
const ratio = (name: string, base: string): number =>
  median(times(name).map((time, round) => (times(base)[round] ?? Number.NaN) / time));
process.stdout.write(`${size} bytes, ${ROUNDS} rounds, header of ${HEADER_BYTES} bytes\n`);
for (const [name, base] of [
  ['plain createCipheriv', 'plain createCipheriv'],
  ['seal', 'plain createCipheriv'],
  ['plain createDecipheriv', 'plain createDecipheriv'],
  ['open', 'plain createDecipheriv'],
] as const)
  process.stdout.write(
    `${name.padEnd(24)} ${(size / median(times(name))).toFixed(0).padStart(6)} MB per CPU second  ${ratio(name, base).toFixed(3)} of plain\n`,
  );
