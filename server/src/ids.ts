// Owns the branded identifiers and how new ones are made.
// Promises UUIDv7 (RFC 9562): ordered by creation time on one node, unguessable in 74 bits.
// Must never be used as an order of events across nodes: that is what `seq` is for.
import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
export type Id<Name extends string> = string & { readonly [brand]: Name };

export type TenantId = Id<'tenant'>;
export type UserId = Id<'user'>;
export type KeyId = Id<'key'>;
export type SessionId = Id<'session'>;
export type IdentityId = Id<'identity'>;
export type RunId = Id<'run'>;
export type EventId = Id<'event'>;
export type ArtifactId = Id<'artifact'>;
export type EntityId = Id<'entity'>;
export type EntityTypeId = Id<'entity-type'>;
export type LinkId = Id<'link'>;
export type WorkerId = Id<'worker'>;
export type BudgetId = Id<'budget'>;
export type SecretId = Id<'secret'>;
export type TokenDenialId = Id<'token_denial'>;
export type CallId = Id<'call'>;
export type ActionId = Id<'action'>;
export type SkillId = Id<'skill'>;
export type ApprovalId = Id<'approval'>;
export type DecisionId = Id<'egress-decision'>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for the canonical lower-case text form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** A new UUIDv7, RFC 9562 section 5.7: 48 bits of Unix milliseconds, then 74 random bits. */
export function newId<I extends Id<string>>(now: number = Date.now()): I {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as I;
}

/** The least UUIDv7 of a time: all that were made then or later are not below it. */
export function firstIdAt(time: Date): string {
  const hex = Math.min(Math.max(Math.ceil(time.getTime()), 0), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

/** Brands a text that was read from a trusted row or has passed `isUuid`. */
export function asId<I extends Id<string>>(text: string): I {
  return text as I;
}
