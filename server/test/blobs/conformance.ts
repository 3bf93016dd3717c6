// What every place for bytes must do; run over the local folder and over a real S3 server.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type BlobBackend, BlobError, type BlobKey } from '../../src/blobs/blobs.ts';
import { newId } from '../../src/ids.ts';

export interface Place {
  readonly backend: BlobBackend;
  /** Names of everything that is there, whole or not. */
  everything(): Promise<string[]>;
}

const MIB = 1024 * 1024;
const freshKey = (tenantId: string = newId()): BlobKey => ({ tenantId, blobId: newId() });

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(backend: BlobBackend, key: BlobKey, range?: { start: number; end: number }): Promise<Buffer> {
  const found = await backend.get(key, range);
  assert.ok(found !== undefined);
  return Buffer.concat(await Array.fromAsync(found.content));
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function conforms(name: string, open: () => Place): void {
  const place = (): Place => open();

  test(`${name}: bytes come back as they were, whole and in ranges, with the size of the whole`, async () => {
    const { backend } = place();
    for (const length of [0, 1, 70_000]) {
      const key = freshKey();
      const bytes = randomBytes(length);
      assert.equal(await backend.put(key, inPieces(bytes, 1_000), { maxBytes: length }), length);
      assert.equal(digest(await read(backend, key)), digest(bytes), `${length} bytes`);
      if (length === 0) continue;
      assert.equal((await backend.get(key, { start: 0, end: 1 }))?.size, length);
      assert.deepEqual(await read(backend, key, { start: 0, end: length }), bytes);
      assert.deepEqual(await read(backend, key, { start: length - 1, end: length }), bytes.subarray(length - 1));
    }
  });

  for (const length of [8 * MIB, 8 * MIB + 1, 20 * MIB + 7])
    test(`${name}: an object of ${length} bytes, which S3 takes in parts, comes back as it was`, async () => {
      const { backend } = place();
      const key = freshKey();
      const bytes = randomBytes(length);
      assert.equal(await backend.put(key, inPieces(bytes, 300_000), { maxBytes: length }), length);
      assert.equal(digest(await read(backend, key)), digest(bytes));
      const middle = { start: 8 * MIB - 10, end: 8 * MIB };
      assert.deepEqual(await read(backend, key, middle), bytes.subarray(middle.start, middle.end));
      assert.equal(await backend.delete(key), true);
    });

  test(`${name}: what is not there is undefined, and its deletion says so`, async () => {
    const { backend } = place();
    assert.equal(await backend.get(freshKey()), undefined);
    assert.equal(await backend.get(freshKey(), { start: 0, end: 10 }), undefined);
    assert.equal(await backend.delete(freshKey()), false);
    assert.deepEqual(await Array.fromAsync(backend.list(newId())), []);
  });

  test(`${name}: a key that is not two UUIDs is refused before anything is asked`, async () => {
    const { backend } = place();
    const good = freshKey();
    for (const bad of ['../x', '', 'A'.repeat(36), `${good.blobId}/..`, good.blobId.toUpperCase()]) {
      const refused = (error: unknown): boolean => error instanceof BlobError && error.code === 'bad_key';
      for (const key of [
        { ...good, blobId: bad },
        { ...good, tenantId: bad },
      ]) {
        await assert.rejects(async () => backend.put(key, [], { maxBytes: 1 }), refused);
        await assert.rejects(async () => backend.get(key), refused);
        await assert.rejects(async () => backend.delete(key), refused);
      }
      await assert.rejects(async () => Array.fromAsync(backend.list(bad)), refused);
    }
  });

  for (const length of [2_000, 30 * MIB])
    test(`${name}: more than the cap is refused while it streams, at ${length} bytes, and nothing is left`, async () => {
      const { backend, everything } = place();
      const before = await everything();
      const key = freshKey();
      let sent = 0;
      const endless = async function* (): AsyncGenerator<Uint8Array> {
        for (;;) {
          sent += 64 * 1024;
          yield Buffer.alloc(64 * 1024, 1);
        }
      };
      await assert.rejects(
        backend.put(key, endless(), { maxBytes: length }),
        (error: unknown) => error instanceof BlobError && error.code === 'too_large',
      );
      assert.ok(sent <= length + 2 * 64 * 1024, `${sent} bytes were taken`);
      assert.equal(await backend.get(key), undefined);
      assert.deepEqual(await everything(), before);
    });

  for (const length of [2_000, 20 * MIB])
    test(`${name}: a source that breaks off after ${length} bytes leaves nothing, not even a part`, async () => {
      const { backend, everything } = place();
      const before = await everything();
      const key = freshKey();
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield* inPieces(Buffer.alloc(length, 2), 500_000);
        throw new Error('the sender went away');
      };
      await assert.rejects(backend.put(key, broken(), { maxBytes: 64 * MIB }), /the sender went away/);
      assert.equal(await backend.get(key), undefined);
      assert.deepEqual(await everything(), before);
    });

  test(`${name}: the half of an upload whose process ended goes once it is old, and a young one stays`, async () => {
    const { backend, everything } = place();
    const key = freshKey();
    const before = await everything();
    const killed = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield* inPieces(Buffer.alloc(20 * MIB, 3), 500_000);
      await killed.promise;
    };
    const put = backend.put(key, source(), { maxBytes: 64 * MIB });
    while ((await everything()).length === before.length) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(await Array.fromAsync(backend.list(key.tenantId)), []);
    assert.equal(await backend.tidy(key.tenantId, Date.now() - 3_600_000), 0);
    assert.equal(await backend.tidy(newId(), Date.now() + 3_600_000), 0);
    assert.equal((await everything()).length, before.length + 1);
    assert.equal(await backend.tidy(key.tenantId, Date.now() + 3_600_000), 1);
    assert.deepEqual(await everything(), before);
    killed.resolve();
    await assert.rejects(put);
    assert.equal(await backend.get(key), undefined);
  });

  test(`${name}: a list holds the blobs of one tenant and no others; a deleted one is gone`, async () => {
    const { backend } = place();
    const [mine, other] = [newId(), newId()];
    const keys = [freshKey(mine), freshKey(mine), freshKey(mine)];
    for (const key of [...keys, freshKey(other)]) await backend.put(key, [Buffer.from('x')], { maxBytes: 1 });
    const ids = async (): Promise<string[]> => (await Array.fromAsync(backend.list(mine))).sort();
    assert.deepEqual(await ids(), keys.map((key) => key.blobId).sort());
    const [first] = keys;
    assert.ok(first !== undefined);
    assert.equal(await backend.delete(first), true);
    assert.equal(await backend.delete(first), false);
    assert.equal(await backend.get(first), undefined);
    assert.equal((await ids()).length, 2);
  });
}
