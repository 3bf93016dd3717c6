// Owns who is acting: the principal that every tenant scope is opened for.
// Promises that a principal of a tenant always names exactly one tenant, and that an operator names none.
// Must never be built from a request body: only identity/ (from a verified credential) and worker/ (from a claimed row) mint one.
import type { Role } from '@sallyport/contracts';
import type { KeyId, RunId, SessionId, TenantId, UserId } from './ids.ts';

declare const minted: unique symbol;

interface Minted {
  readonly [minted]: true;
}

export type KeyEnvironment = 'live' | 'test';

/** What every credential of a user says. */
interface Member extends Minted {
  readonly tenantId: TenantId;
  readonly userId: UserId;
  readonly role: Role;
  /** What the credential was given and the role allows, both at this moment. */
  readonly scopes: readonly string[];
  /** Of the key behind the credential; `live` where there is none. */
  readonly env: KeyEnvironment;
  readonly requestId?: string;
  /** The release of the contracts that the credential has pinned. */
  readonly contracts?: string;
}

/** A user by an API key. */
export interface KeyPrincipal extends Member {
  readonly kind: 'key';
  readonly keyId: KeyId;
}

/** A user by a session of a browser; `keyId` is the key that the session was made from, if it was. */
export interface SessionPrincipal extends Member {
  readonly kind: 'session';
  readonly sessionId: SessionId;
  readonly keyId: KeyId | undefined;
}

/** A user by a token of an issuer that the operator named. */
export interface TokenPrincipal extends Member {
  readonly kind: 'token';
  readonly keyId: undefined;
}

export type UserPrincipal = KeyPrincipal | SessionPrincipal | TokenPrincipal;

export interface RunPrincipal extends Minted {
  readonly kind: 'run';
  readonly tenantId: TenantId;
  readonly runId: RunId;
  readonly epoch: bigint;
}

/** Acts inside one tenant on behalf of the operator while the tenant is being set up. */
export interface SetupPrincipal extends Minted {
  readonly kind: 'setup';
  readonly tenantId: TenantId;
}

/** Whoever holds a signed link, inside the tenant that the link is of: may read the one artifact that it names. */
export interface LinkPrincipal extends Minted {
  readonly kind: 'link';
  readonly tenantId: TenantId;
}

/** The worker's own chores inside one tenant; the tenant comes from a row that says what is due. */
export interface KeeperPrincipal extends Minted {
  readonly kind: 'keeper';
  readonly tenantId: TenantId;
}

/** Writes what the payment provider says into the tenant that our own table names for its customer. */
export interface BillingPrincipal extends Minted {
  readonly kind: 'billing';
  readonly tenantId: TenantId;
}

/** Tenantless: may call tenants, posture and purge only. */
export interface OperatorPrincipal extends Minted {
  readonly kind: 'operator';
}

export type TenantPrincipal =
  | UserPrincipal
  | RunPrincipal
  | SetupPrincipal
  | KeeperPrincipal
  | LinkPrincipal
  | BillingPrincipal;
export type Principal = TenantPrincipal | OperatorPrincipal;

type Plain<P> = P extends Minted ? Omit<P, typeof minted> : never;

/** Mints a principal. The import of this function is confined by floors.json to identity/ and worker/. */
export function mintPrincipal<P extends Plain<Principal>>(fields: P): Extract<Principal, { kind: P['kind'] }> {
  return Object.freeze({ ...fields }) as unknown as Extract<Principal, { kind: P['kind'] }>;
}

/** The same principal, with the request that it acts in: what it does is recorded under that id. */
export function inRequest<P extends UserPrincipal>(principal: P, requestId: string): P {
  return Object.freeze({ ...principal, requestId }) as unknown as P;
}
