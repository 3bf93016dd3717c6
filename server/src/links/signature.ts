// The signature of a link: HMAC-SHA-256 over every word that the link says, each prefixed by its length, so that no two links
// have one signed form (AR1). Every parameter is bound; one that is missing, twice or unknown makes the link no link.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { type ArtifactId, asId, isUuid, type TenantId } from '../ids.ts';

export interface LinkClaims {
  readonly tenantId: TenantId;
  readonly link: string;
  readonly artifactId: ArtifactId;
  readonly disposition: 'attachment' | 'inline';
  /** Unix seconds. */
  readonly expires: number;
  readonly epoch: number;
}

/** Secrets of 32 bytes by version; the newest signs, all verify while they stand. */
export type SigningKeys = ReadonlyMap<number, Uint8Array>;

/** As they are now: which one signs, and all that verify. */
export interface LinkKeys {
  readonly signing: number;
  readonly keys: SigningKeys;
}

export interface Signer {
  /** The query of a link. */
  sign(claims: LinkClaims): string;
  /** What a link claims, or undefined when its form is not that of a link. Nothing is verified by it. */
  read(link: string, query: Readonly<Record<string, string>>): LinkClaims | undefined;
  verify(claims: LinkClaims, query: Readonly<Record<string, string>>): boolean;
}

const VERSION = '1';
const NAMES = ['v', 'kid', 't', 'a', 'd', 'e', 'n', 's'] as const;
const NUMBER = /^(0|[1-9]\d{0,11})$/;
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;

export function createSigner(now: () => LinkKeys): Signer {
  /** A key of its own for each tenant: what leaks of one says nothing of another. */
  const macOf = (kid: number, claims: LinkClaims): Buffer | undefined => {
    const secret = now().keys.get(kid);
    if (secret === undefined) return undefined;
    const key = Buffer.from(hkdfSync('sha256', secret, claims.tenantId, 'sallyport.link.v1', 32));
    const words = [
      VERSION,
      String(kid),
      'GET',
      claims.tenantId,
      claims.link,
      claims.artifactId,
      claims.disposition,
      String(claims.expires),
      String(claims.epoch),
    ];
    const mac = createHmac('sha256', key);
    for (const word of words) {
      const bytes = Buffer.from(word, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      mac.update(length).update(bytes);
    }
    return mac.digest();
  };
  return {
    sign: (claims) => {
      const { signing } = now();
      const mac = macOf(signing, claims);
      if (mac === undefined) throw new TypeError('no key signs links');
      return new URLSearchParams({
        v: VERSION,
        kid: String(signing),
        t: claims.tenantId,
        a: claims.artifactId,
        d: claims.disposition,
        e: String(claims.expires),
        n: String(claims.epoch),
        s: mac.toString('base64url'),
      }).toString();
    },
    read: (link, query) => {
      const { v, kid = '', t = '', a = '', d, e = '', n = '', s = '' } = query;
      if (Object.keys(query).length !== NAMES.length || v !== VERSION || !isUuid(t) || !isUuid(a)) return undefined;
      if (d !== 'attachment' && d !== 'inline') return undefined;
      if (!NUMBER.test(kid) || !NUMBER.test(e) || !NUMBER.test(n) || !SIGNATURE.test(s)) return undefined;
      return { tenantId: asId(t), link, artifactId: asId(a), disposition: d, expires: Number(e), epoch: Number(n) };
    },
    verify: (claims, query) => {
      const mac = macOf(Number(query.kid), claims);
      const given = Buffer.from(query.s ?? '', 'base64url');
      // One spelling for each signature: the last character of base64url has two spare bits.
      const canonical = given.toString('base64url') === query.s;
      return mac !== undefined && canonical && given.length === mac.length && timingSafeEqual(mac, given);
    },
  };
}
