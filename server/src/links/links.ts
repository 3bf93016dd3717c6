// Owns signed links to artifacts: who holds one may read one artifact for a short time, without a credential of ours.
// Promises two doors: a signature over everything that the link says, and a row that must stand, unexpired and unrevoked, in the tenant.
// Must never answer a bad link with anything but the one missing thing, nor let a link outlive its artifact or its tenant.
import { randomBytes } from 'node:crypto';
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type ArtifactId, asId, isUuid, type LinkId, type TenantId } from '../ids.ts';
import { type LinkPrincipal, mintPrincipal, type UserPrincipal } from '../principal.ts';
import { createSigner, type LinkClaims, type LinkKeys, type SigningKeys } from './signature.ts';

export type { LinkKeys, SigningKeys } from './signature.ts';

/** Removed one at a time by tests and proofs only (DEC-011). */
export interface LinkDoors {
  readonly signature: boolean;
  readonly row: boolean;
}

export interface NewLink {
  readonly artifactId: ArtifactId;
  readonly disposition: 'attachment' | 'inline';
  /** Seconds from now. */
  readonly life: number;
}

export interface OpenedLink {
  readonly principal: LinkPrincipal;
  readonly artifactId: ArtifactId;
  readonly disposition: 'attachment' | 'inline';
}

export interface Links {
  /** Makes a link in the transaction of its record; answers the path and query of it. */
  create(
    tx: TenantTx,
    maker: UserPrincipal,
    link: NewLink,
  ): Promise<{ readonly path: string; readonly expiresAt: Date }>;
  /** What a link opens, or undefined for every link that does not. */
  open(link: string, query: Readonly<Record<string, string>>): Promise<OpenedLink | undefined>;
  /** Voids every link of one artifact. */
  revoke(tx: TenantTx, artifactId: ArtifactId): Promise<void>;
  /** Voids every link of the tenant at once. */
  revokeAll(tx: TenantTx): Promise<void>;
}

export const MOST_LIFE_SECONDS = 3_600;
export const USUAL_LIFE_SECONDS = 300;
const SKEW_MS = 30_000;

interface LinkRow {
  readonly artifactId: ArtifactId;
  readonly disposition: LinkClaims['disposition'];
  readonly stands: boolean;
  readonly epoch: number;
  readonly tenantActive: boolean;
}

/** `keys` may change while it serves: then it is asked for them each time. */
export function createLinks(
  db: Database,
  keys: SigningKeys | (() => LinkKeys),
  doors: LinkDoors = { signature: true, row: true },
): Links {
  const signer = createSigner(typeof keys === 'function' ? keys : () => ({ signing: Math.max(...keys.keys()), keys }));
  const principalOf = (tenantId: TenantId): LinkPrincipal => mintPrincipal({ kind: 'link', tenantId });
  return {
    create: async (tx, maker, link) => {
      const life = Math.min(Math.max(Math.trunc(link.life), 1), MOST_LIFE_SECONDS);
      const id = randomLinkId();
      const made = await tx.first(
        sql`insert into artifact_links (tenant_id, id, artifact_id, user_id, disposition, expires_at)
            select ${tx.value}, ${id}, a.id, ${maker.userId}, ${link.disposition}, clock_timestamp() + make_interval(secs => ${life})
            from artifacts a where ${tx.mine('a')} and a.id = ${link.artifactId} and a.state = 'stored'
            returning expires_at`,
        (row: Row) => row.time('expires_at'),
      );
      if (made === undefined) throw fault('not_found');
      const standing = await tx.first(sql`select n.epoch from link_epochs n where ${tx.mine('n')}`, (row: Row) =>
        row.int('epoch'),
      );
      const epoch = standing ?? 0;
      // Whole seconds on the wire; the row's own time is the exact one.
      const expires = Math.floor(made.getTime() / 1_000);
      const { artifactId, disposition } = link;
      const claims = { tenantId: tx.tenantId, link: id, artifactId, disposition, expires, epoch };
      await recordAct(tx, {
        action: 'link.created',
        object: { kind: 'artifact', id: link.artifactId },
        detail: { link_id: id, expires },
      });
      return { path: `/v1/signed/${id}?${signer.sign(claims)}`, expiresAt: made };
    },
    open: async (link, query) => {
      const claims = signer.read(link, query);
      if (claims === undefined || !isUuid(link)) return undefined;
      if (doors.signature && !signer.verify(claims, query)) return undefined;
      if (doors.signature && claims.expires * 1_000 + SKEW_MS < Date.now()) return undefined;
      const principal = principalOf(claims.tenantId);
      const row = await findLink(db, principal, asId<LinkId>(link), claims.artifactId, doors.row);
      if (row === undefined || !row.tenantActive) return undefined;
      if (doors.signature && row.epoch !== claims.epoch) return undefined;
      if (doors.row && (!row.stands || row.artifactId !== claims.artifactId || row.disposition !== claims.disposition))
        return undefined;
      return { principal, artifactId: claims.artifactId, disposition: claims.disposition };
    },
    revoke: async (tx, artifactId) => {
      await demandArtifact(tx, artifactId);
      await tx.run(sql`update artifact_links l set revoked_at = clock_timestamp()
        where ${tx.mine('l')} and l.artifact_id = ${artifactId} and l.revoked_at is null`);
      await recordAct(tx, { action: 'link.revoked', object: { kind: 'artifact', id: artifactId } });
    },
    revokeAll: async (tx) => {
      const first = await tx.run(
        sql`insert into link_epochs (tenant_id, epoch) values (${tx.value}, 1) on conflict (tenant_id) do nothing`,
      );
      if (first === 0) await tx.run(sql`update link_epochs n set epoch = n.epoch + 1 where ${tx.mine('n')}`);
      await tx.run(
        sql`update artifact_links l set revoked_at = clock_timestamp() where ${tx.mine('l')} and l.revoked_at is null`,
      );
      await recordAct(tx, { action: 'link.revoked', object: { kind: 'tenant', id: tx.tenantId } });
    },
  };
}

/** 122 random bits in the shape of a UUID (version 4): no part of it tells when or for whom it was made. */
function randomLinkId(): LinkId {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return asId(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
}

async function demandArtifact(tx: TenantTx, id: ArtifactId): Promise<void> {
  const found = await tx.first(
    sql`select a.id from artifacts a where ${tx.mine('a')} and a.id = ${id} and a.state = 'stored'`,
    (row: Row) => row.text('id'),
  );
  if (found === undefined) throw fault('not_found');
}

async function findLink(
  db: Database,
  principal: LinkPrincipal,
  id: LinkId,
  artifactId: ArtifactId,
  mustStand: boolean,
): Promise<LinkRow | undefined> {
  const scope = db.tenant(principal);
  const read = (row: Row): LinkRow => ({
    artifactId: asId(row.text('artifact_id')),
    disposition: row.text('disposition') as LinkClaims['disposition'],
    stands: row.bool('stands'),
    epoch: row.int('epoch'),
    tenantActive: row.bool('active'),
  });
  if (mustStand)
    return scope.first(
      sql`select l.artifact_id, l.disposition, l.revoked_at is null and l.expires_at > clock_timestamp() as stands, t.state = 'active' as active,
            coalesce((select n.epoch from link_epochs n where ${scope.mine('n')}), 0) as epoch
          from artifact_links l join tenants t on t.tenant_id = l.tenant_id where ${scope.mine('l')} and ${scope.mine('t')} and l.id = ${id}`,
      read,
    );
  return scope.first(
    sql`select ${artifactId}::uuid as artifact_id, 'attachment' as disposition, true as stands, t.state = 'active' as active,
          coalesce((select n.epoch from link_epochs n where ${scope.mine('n')}), 0) as epoch
        from tenants t where ${scope.mine('t')}`,
    read,
  );
}
