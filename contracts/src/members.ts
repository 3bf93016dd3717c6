// Who belongs to a tenant and may act in it: users with their roles, identities of token issuers, rules for keys.
import { type Static, Type } from 'typebox';
import { type Answered, Count, closed, orNull, Release, Time, Uuid, Word } from './shapes.ts';

/** From the greatest to the least. Nobody gives a role above their own. */
export const ROLES = ['owner', 'admin', 'developer', 'approver', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const Text = Type.String();
const Texts = Type.Array(Text);
const Name = Type.String({ minLength: 1, maxLength: 200 });
const RoleName = Type.Unsafe<Role>(Type.Union(ROLES.map((role) => Type.Literal(role))));
const Rotation = 2_592_000;

/** A person of a token issuer: both together, since equal subjects of two issuers are two people. */
export const AddIdentity = closed({
  issuer: Type.String({ minLength: 1, maxLength: 500 }),
  subject: Type.String({ minLength: 1, maxLength: 255 }),
});
export type AddIdentity = Static<typeof AddIdentity>;

export const CreateUser = closed({ name: Name, role: RoleName, identity: Type.Optional(AddIdentity) });
export type CreateUser = Static<typeof CreateUser>;

export const UpdateUser = closed({
  name: Type.Optional(Name),
  role: Type.Optional(RoleName),
  state: Type.Optional(Type.Union([Type.Literal('active'), Type.Literal('disabled')])),
});
export type UpdateUser = Static<typeof UpdateUser>;

/** How long the old key goes on beside the new one; 0 stops it at once. 30 days at most. */
export const RotateApiKey = closed({
  overlap_seconds: Type.Optional(Type.Integer({ minimum: 0, maximum: Rotation })),
});
export type RotateApiKey = Static<typeof RotateApiKey>;

/** The release of the contracts that the program of the key knows from now on. */
export const UpdateApiKey = closed({ contracts_version: Release });
export type UpdateApiKey = Static<typeof UpdateApiKey>;

/** By the operator. */
export const UpdateTenant = closed({
  name: Type.Optional(Name),
  /** The longest life of a key of this tenant, in seconds; keys that stand are not changed. */
  key_max_age: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
  /** Keys that work at the same time. */
  key_limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000 })),
});
export type UpdateTenant = Static<typeof UpdateTenant>;

/** A person of a token issuer who may act as a user. */
export const Identity = closed({ id: Uuid, issuer: Text, subject: Text });
export type Identity = Answered<typeof Identity>;

export const User = closed({
  id: Uuid,
  tenant_id: Uuid,
  name: Text,
  role: Type.Unsafe<Role>(Word),
  state: Type.Union([Type.Literal('active'), Type.Literal('disabled')]),
  created_at: Time,
  identities: Type.Array(Identity),
});
export type User = Answered<typeof User>;

/** Which tokens of an issuer: the one of a `jti`, all of a `sid`, or all of a `sub` that were issued until now. */
export const DenyToken = closed({
  issuer: Type.String({ minLength: 1, maxLength: 500 }),
  kind: Type.Union([Type.Literal('token'), Type.Literal('session'), Type.Literal('subject')]),
  value: Type.String({ minLength: 1, maxLength: 255 }),
});
export type DenyToken = Static<typeof DenyToken>;

/** Of use for a day, since no token is taken that is older. */
export const TokenDenial = closed({
  id: Uuid,
  tenant_id: Uuid,
  issuer: Text,
  kind: Type.Union([Type.Literal('token'), Type.Literal('session'), Type.Literal('subject')]),
  value: Text,
  /** Of a person: tokens that were issued later are good. */
  issued_until: orNull(Time),
  created_at: Time,
});
export type TokenDenial = Answered<typeof TokenDenial>;

/** A one-time way in for a person; the token belongs into the fragment of `/sign-in#…` and works once. */
export const SignInLink = closed({ token: Text, expires_at: Time });
export type SignInLink = Answered<typeof SignInLink>;

const key = {
  id: Uuid,
  tenant_id: Uuid,
  key_id: Word,
  user_id: Uuid,
  env: Type.Union([Type.Literal('live'), Type.Literal('test')]),
  name: Text,
  last4: Word,
  scopes: Texts,
  status: Type.Union([Type.Literal('active'), Type.Literal('rotating'), Type.Literal('revoked')]),
  created_at: Time,
  expires_at: Time,
  last_used_at: orNull(Time),
  /** Seen in a URL, and stopped for that. */
  exposed: Type.Boolean(),
  /** The key that came from its rotation. */
  replaced_by: orNull(Uuid),
  /** The release of the contracts that its program knows, for calls that name none. */
  contracts_version: Word,
};

export const ApiKey = closed(key);
export type ApiKey = Answered<typeof ApiKey>;

/** Only in the answer to the call that makes it. */
export const CreatedApiKey = closed({ ...key, api_key: Text });
export type CreatedApiKey = Answered<typeof CreatedApiKey>;

const tenant = {
  tenant_id: Uuid,
  name: Text,
  state: Word,
  created_at: Time,
  /** The longest life of a key, in seconds. */
  key_max_age: Count,
  /** Keys that work at the same time. */
  key_limit: Count,
};

export const Tenant = closed(tenant);
export type Tenant = Answered<typeof Tenant>;

/** `user_id` is its owner, `api_key` that user's first key. */
export const CreatedTenant = closed({ ...tenant, user_id: Uuid, api_key: Text });
export type CreatedTenant = Answered<typeof CreatedTenant>;
