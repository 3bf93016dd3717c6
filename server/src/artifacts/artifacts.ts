// Owns artifacts: the rows that name stored bytes, with their labels. Private: there is no public URL (DEC-044).
// Promises that bytes are on disk before their row exists, and that one effect key makes one artifact.
// Must never answer for another tenant's id with anything but not-found.
import { createHash, type Hash } from 'node:crypto';
import type { Artifact } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import { type Database, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type ArtifactId, type Id, newId, type RunId, type UserId } from '../ids.ts';
import type { TenantPrincipal } from '../principal.ts';

export const MOST_ARTIFACT_BYTES = 64 * 1024 * 1024;

export interface NewArtifact {
  readonly id?: ArtifactId | undefined;
  readonly name: string;
  readonly mediaType: string;
  readonly dataClass: 'artifact' | 'page' | 'upload' | 'rendering';
  readonly integrity: 'trusted' | 'untrusted';
  readonly confidentiality: 'public' | 'private';
  readonly sources: readonly string[];
  readonly runId?: RunId | undefined;
  readonly userId?: UserId | undefined;
  readonly effectKey?: string | undefined;
}

export interface StoredBlob {
  readonly blobId: Id<'blob'>;
  readonly bytes: number;
  readonly sha256: string;
}

/** What has expired is unreadable from that moment, whether the sweep came by or not (RT1). Each time is looked up once a statement. */
const kept = sql`a.created_at > case a.data_class when 'page' then (select app.kept_since('page')) when 'upload' then (select app.kept_since('upload'))
  when 'rendering' then (select app.kept_since('rendering')) else (select app.kept_since('artifact')) end`;

function readArtifact(row: Row): Artifact {
  const id = row.text('id');
  return {
    id,
    tenant_id: row.text('tenant_id'),
    run_id: row.textOrNull('run_id'),
    name: row.contentText('artifacts.name', id),
    media_type: row.text('media_type'),
    bytes: Number(row.bigint('bytes')),
    sha256: Buffer.from(row.content('artifacts.sha256', id)).toString('hex'),
    data_class: row.text('data_class'),
    integrity: row.text('integrity') as Artifact['integrity'],
    confidentiality: row.text('confidentiality') as Artifact['confidentiality'],
    sources: row.contentJson<string[]>('artifacts.sources', id),
    created_at: row.time('created_at').toISOString(),
  };
}

/** Writes bytes first; the row follows in the caller's transaction. A blob without a row is an orphan that no id reaches. */
export async function storeBlob(
  blobs: BlobStore,
  scope: TenantScope,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes = MOST_ARTIFACT_BYTES,
): Promise<StoredBlob> {
  const blobId = newId<Id<'blob'>>();
  const hash = createHash('sha256');
  const bytes = await blobs.put(scope, blobId, hashed(source, hash), { maxBytes });
  return { blobId, bytes, sha256: hash.digest('hex') };
}

async function* hashed(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Inserts the row. With an effect key that has a row already, that row is the answer: a repeat makes no second artifact. */
export async function insertArtifact(scope: TenantScope, blob: StoredBlob, artifact: NewArtifact): Promise<Artifact> {
  const id = artifact.id ?? newId<ArtifactId>();
  const content = await scope.content();
  const made = await scope.first(
    sql`insert into artifacts (tenant_id, id, run_id, user_id, effect_key, name, sha256, sources, key_id, media_type, bytes, blob_id, data_class, integrity, confidentiality)
        values (${scope.value}, ${id}, ${artifact.runId ?? null}, ${artifact.userId ?? null}, ${artifact.effectKey ?? null},
          ${content.seal('artifacts.name', id, artifact.name)}, ${content.seal('artifacts.sha256', id, Buffer.from(blob.sha256, 'hex'))}, ${content.sealJson('artifacts.sources', id, artifact.sources)}, ${content.keyId},
          ${artifact.mediaType}, ${blob.bytes}, ${blob.blobId}, ${artifact.dataClass}, ${artifact.integrity}, ${artifact.confidentiality})
        on conflict (tenant_id, run_id, effect_key) do nothing
        returning id, tenant_id, run_id, name, sha256, sources, key_id as sealed_by, media_type, bytes, data_class, integrity, confidentiality, created_at`,
    readArtifact,
  );
  if (made !== undefined) return made;
  const standing = await findByEffect(scope, artifact.runId, artifact.effectKey);
  if (standing === undefined) throw fault('internal', { detail: 'the artifact was not stored' });
  return standing;
}

async function findByEffect(
  scope: TenantScope,
  runId: RunId | undefined,
  key: string | undefined,
): Promise<Artifact | undefined> {
  return scope.first(
    sql`select a.id, a.tenant_id, a.run_id, a.name, a.sha256, a.sources, a.key_id as sealed_by, a.media_type, a.bytes, a.data_class, a.integrity, a.confidentiality, a.created_at
        from artifacts a where ${scope.mine('a')} and a.run_id = ${runId ?? null} and a.effect_key = ${key ?? null}`,
    readArtifact,
  );
}

export async function getArtifact(scope: TenantScope, id: ArtifactId): Promise<Artifact> {
  const artifact = await findArtifact(scope, id);
  if (artifact === undefined) throw fault('not_found');
  return artifact;
}

export async function findArtifact(scope: TenantScope, id: ArtifactId): Promise<Artifact | undefined> {
  return scope.first(
    sql`select a.id, a.tenant_id, a.run_id, a.name, a.sha256, a.sources, a.key_id as sealed_by, a.media_type, a.bytes, a.data_class, a.integrity, a.confidentiality, a.created_at
        from artifacts a where ${scope.mine('a')} and a.id = ${id} and a.state = 'stored' and ${kept}`,
    readArtifact,
  );
}

/** Which of these ids are artifacts of this tenant. */
export async function artifactLabels(
  scope: TenantScope,
  ids: readonly string[],
): Promise<ReadonlyMap<string, 'public' | 'private'>> {
  const known = await scope.rows(
    sql`select a.id, a.confidentiality from artifacts a where ${scope.mine('a')} and a.id = any(${[...ids]}::uuid[]) and a.state = 'stored' and ${kept}`,
    (row: Row) => [row.text('id'), row.text('confidentiality') === 'public' ? 'public' : 'private'] as const,
  );
  return new Map(known);
}

/** Newest first. Renderings are what a model saw of a source: they are reached by id, not listed. */
export async function listArtifacts(
  scope: TenantScope,
  filter: { runId?: RunId | undefined; before?: ArtifactId | undefined; limit: number },
): Promise<Artifact[]> {
  return scope.rows(
    sql`select a.id, a.tenant_id, a.run_id, a.name, a.sha256, a.sources, a.key_id as sealed_by, a.media_type, a.bytes, a.data_class, a.integrity, a.confidentiality, a.created_at
        from artifacts a where ${scope.mine('a')} and a.state = 'stored' and a.data_class <> 'rendering' and ${kept} and ${sql.all(
          filter.runId !== undefined && sql`a.run_id = ${filter.runId}`,
          filter.before !== undefined && sql`a.id < ${filter.before}`,
        )} order by a.id desc limit ${filter.limit}`,
    readArtifact,
  );
}

/** The bytes of an artifact of this tenant, as a stream. */
export async function openArtifact(
  scope: TenantScope,
  blobs: BlobStore,
  id: ArtifactId,
): Promise<{ artifact: Artifact; content: AsyncIterable<Uint8Array> }> {
  const artifact = await getArtifact(scope, id);
  const blobId = await scope.first(
    sql`select a.blob_id from artifacts a where ${scope.mine('a')} and a.id = ${id}`,
    (row: Row) => row.text('blob_id'),
  );
  const content = blobId === undefined ? undefined : await blobs.get(scope, blobId);
  if (content === undefined) throw fault('internal', { detail: `the bytes of artifact ${id} are missing` });
  return { artifact, content };
}

/** An upload of a person, with its record. */
export async function uploadArtifact(tx: TenantTx, blob: StoredBlob, artifact: NewArtifact): Promise<Artifact> {
  const stored = await insertArtifact(tx, blob, artifact);
  await recordAct(tx, {
    action: 'artifact.uploaded',
    object: { kind: 'artifact', id: stored.id },
    detail: { media_type: stored.media_type, bytes: stored.bytes },
  });
  return stored;
}

/** Marks, deletes the bytes, removes the row last: a crash between leaves a row that says so (RT3). */
export async function deleteArtifact(
  db: Database,
  principal: TenantPrincipal,
  blobs: BlobStore,
  id: ArtifactId,
): Promise<void> {
  const blobId = await db.atomic(principal, async (tx) => {
    const marked = await tx.first(
      sql`update artifacts a set state = 'deleting' where ${tx.mine('a')} and a.id = ${id} returning a.blob_id`,
      (row: Row) => row.text('blob_id'),
    );
    if (marked === undefined) throw fault('not_found');
    await recordAct(tx, { action: 'artifact.deleted', object: { kind: 'artifact', id } });
    return marked;
  });
  const scope = db.tenant(principal);
  await blobs.delete(scope, blobId);
  await scope.run(sql`delete from artifacts a where ${scope.mine('a')} and a.id = ${id} and a.state = 'deleting'`);
}
