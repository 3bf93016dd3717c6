// The local place: one file a blob, written aside, fsynced, renamed; one folder a tenant, readable by this user alone.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUuid } from '../ids.ts';
import { type BlobBackend, type BlobKey, type ByteSource, capped, demandUuid } from './backend.ts';

/** How a file ends that is still written; a process that is killed leaves it so. */
const ASIDE = '.tmp';

export function createLocalBlobs(options: { readonly root: string }): BlobBackend {
  const folder = (tenantId: string): string => join(options.root, demandUuid(tenantId));
  // The last two digits of a UUIDv7 are random; the first ones are the time and would fill one folder.
  const path = ({ tenantId, blobId }: BlobKey): string => join(folder(tenantId), demandUuid(blobId).slice(-2), blobId);
  return {
    put: async (key, source, { maxBytes }) => write(path(key), capped(source, maxBytes)),
    get: async (key, range) => {
      const file = path(key);
      const found = await stat(file).catch(ifThere);
      if (found === undefined) return undefined;
      const { size } = found;
      if (range !== undefined && range.end <= range.start) return { size, content: nothing() };
      const content = createReadStream(file, range === undefined ? {} : { start: range.start, end: range.end - 1 });
      return { size, content };
    },
    delete: async (key) =>
      (await rm(path(key)).then(
        () => true,
        (error: unknown) => ifThere(error),
      )) === true,
    list: (tenantId) => list(folder(tenantId)),
    tidy: (tenantId, before) => tidy(folder(tenantId), before),
    clear: (tenantId) => clear(folder(tenantId)),
  };
}

function ifThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function write(file: string, source: ByteSource): Promise<number> {
  const parent = dirname(file);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomBytes(6).toString('hex')}${ASIDE}`;
  let bytes = 0;
  const handle = await open(aside, 'wx', 0o600);
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      await handle.writeFile(chunk);
    }
    await handle.sync();
    await handle.close();
    await rename(aside, file);
    await syncFolder(parent);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(aside, { force: true });
    throw error;
  }
  return bytes;
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

async function* list(folder: string): AsyncGenerator<string> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifThere)) ?? [];
  for (const entry of entries) if (entry.isFile() && isUuid(entry.name)) yield entry.name;
}

async function tidy(folder: string, before: number): Promise<number> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifThere)) ?? [];
  let dropped = 0;
  for (const entry of entries.filter((one) => one.isFile() && one.name.endsWith(ASIDE))) {
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(ifThere);
    if (found === undefined || found.mtimeMs >= before) continue;
    await rm(path, { force: true });
    dropped++;
  }
  return dropped;
}

async function clear(folder: string): Promise<number> {
  const entries = (await readdir(folder, { recursive: true, withFileTypes: true }).catch(ifThere)) ?? [];
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return entries.filter((entry) => entry.isFile()).length;
}
