// Sealed blobs against somebody who holds the disk: every change of a file is seen, and only the needed chunks are read.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BlobBackend, BlobError, type BlobStore, createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import type { TenantScope } from '../../src/db/db.ts';
import { Fault } from '../../src/errors.ts';
import { newId } from '../../src/ids.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { enterNewTenant } from '../vault/tenants.ts';

const CHUNK = 256 * 1024;
const HEADER = 103;
const END = 16;
const FRAME = CHUNK + 16;

let database: TestDatabase;
let root: string;
let backend: BlobBackend;
let blobs: BlobStore;
let alice: TenantScope;
let mallory: TenantScope;
let fetched: { start: number; end: number }[] = [];
before(async () => {
  database = await testDatabase();
  root = await mkdtemp(join(tmpdir(), 'sallyport-sealed-'));
  const local = createLocalBlobs({ root });
  backend = {
    ...local,
    get: (key, range) => {
      if (range !== undefined) fetched.push(range);
      return local.get(key, range);
    },
  };
  blobs = sealBlobs(backend);
  alice = database.api.tenant(await enterNewTenant(database, 'A'));
  mallory = database.api.tenant(await enterNewTenant(database, 'M'));
});
after(async () => {
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

const fileOf = (scope: TenantScope, blobId: string): string => join(root, scope.tenantId, blobId.slice(-2), blobId);

async function stored(bytes: Uint8Array, scope = alice): Promise<{ blobId: string; file: string }> {
  const blobId = newId();
  const pieces = Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_each, at) =>
    bytes.subarray(at * 50_000, (at + 1) * 50_000),
  );
  assert.equal(await blobs.put(scope, blobId, pieces, { maxBytes: bytes.length }), bytes.length);
  return { blobId, file: fileOf(scope, blobId) };
}

async function read(blobId: string, range?: { start: number; end: number }, scope = alice): Promise<Buffer> {
  const content = await blobs.get(scope, blobId, range);
  assert.ok(content !== undefined);
  return Buffer.concat(await Array.fromAsync(content));
}

const isTampered = (error: unknown): boolean => error instanceof Fault && error.code === 'tampered';

for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
  test(`${length} bytes come back as they were, and none of them stands in the file`, async () => {
    const bytes = randomBytes(length);
    const { blobId, file } = await stored(bytes);
    const onDisk = await readFile(file);
    assert.equal(onDisk.length, HEADER + length + 16 * Math.ceil(length / CHUNK) + END);
    for (let at = 0; at + 16 <= length; at += 10_000) assert.equal(onDisk.indexOf(bytes.subarray(at, at + 16)), -1);
    assert.ok((await read(blobId)).equals(bytes));
  });

test('equal bytes are stored unequal, for two tenants and for one', async () => {
  const bytes = Buffer.alloc(1_000, 7);
  const files = [await stored(bytes), await stored(bytes), await stored(bytes, mallory)];
  const bodies = await Promise.all(
    files.map(async ({ file }) => (await readFile(file)).subarray(HEADER).toString('hex')),
  );
  assert.equal(new Set(bodies).size, 3);
});

test('a range is the range, and only the chunks that hold it are fetched', async () => {
  const bytes = randomBytes(4 * CHUNK + 100);
  const { blobId } = await stored(bytes);
  const ranges: readonly [number, number, number, number][] = [
    [0, 1, 0, 1],
    [CHUNK - 1, CHUNK + 1, 0, 2],
    [2 * CHUNK, 2 * CHUNK + 10, 2, 3],
    [4 * CHUNK + 99, 4 * CHUNK + 100, 4, 5],
    [0, 4 * CHUNK + 100, 0, 5],
    [4 * CHUNK, 9 * CHUNK, 4, 5],
  ];
  for (const [start, end, first, last] of ranges) {
    fetched = [];
    assert.ok((await read(blobId, { start, end })).equals(bytes.subarray(start, end)), `${start}-${end}`);
    const stop = Math.min(HEADER + last * FRAME, HEADER + bytes.length + 5 * 16);
    assert.deepEqual(fetched.at(-1), { start: HEADER + first * FRAME, end: stop });
    assert.equal(fetched.length, 3);
  }
  for (const [start, end] of [
    [5, 5],
    [9, 2],
    [bytes.length, bytes.length + 1],
  ] as const)
    assert.equal((await read(blobId, { start, end })).length, 0);
});

test('any changed byte of the file is seen: header, key, chunk, tag, end', async () => {
  const { blobId, file } = await stored(randomBytes(CHUNK + 1_000));
  const good = await readFile(file);
  const places = [0, 4, 5, 6, 41, 42, 43, 60, 102, 103, 5_000, HEADER + CHUNK, HEADER + FRAME, good.length - 17];
  for (const at of [...places, good.length - 16, good.length - 1]) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 1;
    await writeFile(file, bad);
    await assert.rejects(
      read(blobId),
      (error: unknown) => error instanceof Fault && ['tampered', 'sealed_away'].includes(error.code),
      `byte ${at}`,
    );
  }
  await writeFile(file, good);
  assert.equal((await read(blobId)).length, CHUNK + 1_000);
});

test('a file that was cut short is refused before a byte of it is answered, wherever it was cut', async () => {
  const { blobId, file } = await stored(randomBytes(3 * CHUNK));
  const good = await readFile(file);
  const cuts = [
    good.length - 1,
    good.length - END,
    HEADER + 2 * FRAME,
    HEADER + FRAME,
    HEADER + 10,
    HEADER,
    HEADER - 1,
    0,
  ];
  for (const cut of cuts) {
    await writeFile(file, good);
    await truncate(file, cut);
    await assert.rejects(blobs.get(alice, blobId, { start: 0, end: 1 }), isTampered, `cut to ${cut}`);
  }
  // Whole chunks gone, with the genuine end behind what is left.
  for (const kept of [0, 1, 2]) {
    await writeFile(file, Buffer.concat([good.subarray(0, HEADER + kept * FRAME), good.subarray(good.length - END)]));
    await assert.rejects(blobs.get(alice, blobId), isTampered, `${kept} chunks kept`);
  }
  await writeFile(file, Buffer.concat([good, good.subarray(good.length - END)]));
  await assert.rejects(blobs.get(alice, blobId), isTampered, 'longer');
});

test('chunks that change places, are doubled, or come from another blob do not open', async () => {
  const [one, other] = [await stored(randomBytes(3 * CHUNK)), await stored(randomBytes(3 * CHUNK))];
  const [good, foreign] = [await readFile(one.file), await readFile(other.file)];
  const chunk = (file: Buffer, at: number): Buffer => file.subarray(HEADER + at * FRAME, HEADER + (at + 1) * FRAME);
  const [head, end] = [good.subarray(0, HEADER), good.subarray(good.length - END)];
  const mixes: Readonly<Record<string, Buffer[]>> = {
    swapped: [chunk(good, 1), chunk(good, 0), chunk(good, 2)],
    doubled: [chunk(good, 0), chunk(good, 0), chunk(good, 2)],
    spliced: [chunk(good, 0), chunk(foreign, 1), chunk(good, 2)],
  };
  for (const [name, chunks] of Object.entries(mixes)) {
    await writeFile(one.file, Buffer.concat([head, ...chunks, end]));
    await assert.rejects(read(one.blobId), isTampered, name);
  }
  await writeFile(one.file, Buffer.concat([foreign.subarray(0, HEADER), good.subarray(HEADER)]));
  await assert.rejects(read(one.blobId), isTampered, 'the header of another blob');
});

test('a file put in the place of another blob, of the tenant or of another tenant, does not open', async () => {
  const text = Buffer.from('of one place only');
  const [mine, second, theirs] = [await stored(text), await stored(text), await stored(text, mallory)];
  await writeFile(second.file, await readFile(mine.file));
  await assert.rejects(read(second.blobId), isTampered);
  await writeFile(theirs.file, await readFile(mine.file));
  await assert.rejects(
    read(theirs.blobId, undefined, mallory),
    (error: unknown) => error instanceof Fault && error.code === 'sealed_away',
  );
  assert.ok((await read(mine.blobId)).equals(text));
});

test('a plain file in the place of a blob is no blob', async () => {
  const { blobId, file } = await stored(Buffer.from('x'));
  await writeFile(
    file,
    'plain text, long enough to hold a header of a hundred and three bytes and an end of twenty-four bytes too, and more',
  );
  await assert.rejects(blobs.get(alice, blobId), isTampered);
});

test('the cap is on the plain bytes, and what breaks it leaves nothing', async () => {
  const blobId = newId();
  await assert.rejects(
    blobs.put(alice, blobId, [Buffer.alloc(11)], { maxBytes: 10 }),
    (error: unknown) => error instanceof BlobError && error.code === 'too_large',
  );
  assert.equal(await blobs.get(alice, blobId), undefined);
  assert.equal(await blobs.put(alice, blobId, [Buffer.alloc(10)], { maxBytes: 10 }), 10);
});

test('with sealing removed the file is the bytes, and a swapped one is answered as the other', async () => {
  const open = sealBlobs(backend, { sealing: false });
  const [one, other] = [newId(), newId()];
  await open.put(alice, one, [Buffer.from('SECRET')], { maxBytes: 100 });
  await open.put(alice, other, [Buffer.from('harmless')], { maxBytes: 100 });
  assert.equal(await readFile(fileOf(alice, one), 'utf8'), 'SECRET');
  await writeFile(fileOf(alice, other), await readFile(fileOf(alice, one)));
  const content = await open.get(alice, other);
  assert.equal(Buffer.concat(await Array.fromAsync(content ?? [])).toString('utf8'), 'SECRET');
});
