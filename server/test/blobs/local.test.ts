import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type BlobBackend, createLocalBlobs } from '../../src/blobs/blobs.ts';
import { newId } from '../../src/ids.ts';
import { conforms } from './conformance.ts';

let root: string;
let backend: BlobBackend;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-blobs-'));
  backend = createLocalBlobs({ root });
});
after(() => rm(root, { recursive: true, force: true }));

const files = async (): Promise<string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();

conforms('local', () => ({ backend, everything: files }));

test('local: files and folders are open to this user alone', async () => {
  const tenantId = newId();
  await backend.put({ tenantId, blobId: newId() }, [Buffer.from('x')], { maxBytes: 1 });
  const [file = ''] = (await files()).filter((path) => path.includes(tenantId));
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(root, tenantId))).mode & 0o777, 0o700);
});
