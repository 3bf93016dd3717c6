// The users of a tenant: a name, a role, a state. Every rule about who may change whom is here; a change counts from the next request on,
// because every credential is asked for its user anew.
import type { AddIdentity, CreateUser, Identity, Role, UpdateUser, User } from '@sallyport/contracts';
import { recordAct } from '../../audit/audit.ts';
import { lockTenant, type Row, sql, sqlState, type TenantScope, type TenantTx } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import { type IdentityId, newId, type UserId } from '../../ids.ts';
import type { UserPrincipal } from '../../principal.ts';
import { mayActOn, mayGive, mayLend, parseRole } from './permissions.ts';

const MOST_USERS = 10_000;
const MOST_IDENTITIES = 20;
const UNIQUE_VIOLATION = '23505';

function readUser(row: Row): Omit<User, 'identities'> {
  const role = parseRole(row.text('role'));
  if (role === undefined) throw fault('internal', { detail: 'a user has an unknown role' });
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    name: row.text('name'),
    role,
    state: row.text('state') === 'active' ? 'active' : 'disabled',
    created_at: row.time('created_at').toISOString(),
  };
}

async function withIdentities(scope: TenantScope, users: readonly Omit<User, 'identities'>[]): Promise<User[]> {
  if (users.length === 0) return [];
  const found = await scope.rows(
    sql`select i.id, i.user_id, i.issuer, i.subject from identities i
        where ${scope.mine('i')} and i.user_id = any(${users.map((user) => user.id)}::uuid[]) order by i.id`,
    (row: Row) => ({
      userId: row.text('user_id'),
      identity: { id: row.text('id'), issuer: row.text('issuer'), subject: row.text('subject') },
    }),
  );
  return users.map((user) => ({
    ...user,
    identities: found.filter((one) => one.userId === user.id).map((one) => one.identity),
  }));
}

export async function listUsers(
  scope: TenantScope,
  page: { before?: UserId | undefined; limit: number },
): Promise<User[]> {
  const users = await scope.rows(
    sql`select u.id, u.tenant_id, u.name, u.role, u.state, u.created_at from users u
        where ${scope.mine('u')} and ${sql.all(page.before !== undefined && sql`u.id < ${page.before}`)} order by u.id desc limit ${page.limit}`,
    readUser,
  );
  return withIdentities(scope, users);
}

export async function getUser(scope: TenantScope, id: UserId): Promise<User> {
  const user = await scope.first(
    sql`select u.id, u.tenant_id, u.name, u.role, u.state, u.created_at from users u where ${scope.mine('u')} and u.id = ${id}`,
    readUser,
  );
  const [whole] = user === undefined ? [] : await withIdentities(scope, [user]);
  if (whole === undefined) throw fault('not_found');
  return whole;
}

async function countUsers(tx: TenantTx): Promise<{ readonly all: number; readonly owners: number }> {
  const counts = await tx.first(
    sql`select count(u.id)::int as users, count(u.id) filter (where u.role = 'owner' and u.state = 'active')::int as owners
        from users u where ${tx.mine('u')}`,
    (row: Row) => ({ all: row.int('users'), owners: row.int('owners') }),
  );
  return counts ?? { all: 0, owners: 0 };
}

/** A user at or below the caller's own role; nobody else may be changed, entered for or given an identity. */
async function demandActable(tx: TenantTx, by: UserPrincipal, id: UserId): Promise<User> {
  await lockTenant(tx, 'users');
  const user = await getUser(tx, id);
  if (!mayActOn(by.role, user.role)) throw fault('forbidden', { detail: `a ${by.role} acts on no ${user.role}` });
  return user;
}

function demandGivable(by: UserPrincipal, role: Role): void {
  if (!mayGive(by.role, role)) throw fault('forbidden', { detail: `a ${by.role} makes no ${role}` });
  demandLendable(by, role);
}

function demandLendable(by: UserPrincipal, role: Role): void {
  if (!mayLend(by, role))
    throw fault('forbidden', { detail: `a credential without all rights of a ${role} lends none` });
}

export async function createUser(tx: TenantTx, by: UserPrincipal, request: CreateUser): Promise<User> {
  demandGivable(by, request.role);
  await lockTenant(tx, 'users');
  if ((await countUsers(tx)).all >= MOST_USERS)
    throw fault('conflict', { fields: [{ path: '', message: `the tenant has ${MOST_USERS} users already` }] });
  const id = newId<UserId>();
  await tx.run(
    sql`insert into users (tenant_id, id, name, role) values (${tx.value}, ${id}, ${request.name}, ${request.role})`,
  );
  await recordAct(tx, { action: 'user.created', object: { kind: 'user', id }, detail: { role: request.role } });
  if (request.identity !== undefined) await insertIdentity(tx, id, request.identity, '/identity');
  return getUser(tx, id);
}

/** Changes name, role or state. The last owner stays an owner, and active. */
export async function updateUser(tx: TenantTx, by: UserPrincipal, id: UserId, change: UpdateUser): Promise<User> {
  const user = await demandActable(tx, by, id);
  const { name = user.name, role = user.role, state = user.state } = change;
  if (role !== user.role) demandGivable(by, role);
  const wasOwner = user.role === 'owner' && user.state === 'active';
  const isOwner = role === 'owner' && state === 'active';
  if (wasOwner && !isOwner && (await countUsers(tx)).owners <= 1)
    throw fault('conflict', { fields: [{ path: '', message: 'this is the last owner of the tenant' }] });
  await tx.run(
    sql`update users u set name = ${name}, role = ${role}, state = ${state} where ${tx.mine('u')} and u.id = ${id}`,
  );
  const object = { kind: 'user', id } as const;
  if (name !== user.name || role !== user.role)
    await recordAct(tx, {
      action: 'user.changed',
      object,
      detail: { role_before: user.role, role, renamed: name !== user.name },
    });
  if (state !== user.state)
    await recordAct(tx, { action: state === 'active' ? 'user.enabled' : 'user.disabled', object });
  return getUser(tx, id);
}

/** Whoever makes a link for a user may become that user: the rule is that of every change, and it is recorded. */
export async function recordLink(tx: TenantTx, by: UserPrincipal, id: UserId): Promise<void> {
  const user = await demandActable(tx, by, id);
  demandLendable(by, user.role);
  if (user.state !== 'active') throw fault('conflict', { fields: [{ path: '', message: 'the user is disabled' }] });
  await recordAct(tx, { action: 'link.created', object: { kind: 'user', id } });
}

async function insertIdentity(tx: TenantTx, userId: UserId, identity: AddIdentity, path: string): Promise<Identity> {
  const id = newId<IdentityId>();
  const { issuer, subject } = identity;
  try {
    await tx.run(
      sql`insert into identities (tenant_id, id, user_id, issuer, subject) values (${tx.value}, ${id}, ${userId}, ${issuer}, ${subject})`,
    );
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw fault('conflict', { fields: [{ path, message: 'this person is a user of the tenant already' }] });
  }
  // A subject is often an address of a person; the record names the row.
  await recordAct(tx, {
    action: 'identity.added',
    object: { kind: 'user', id: userId },
    detail: { identity_id: id, issuer },
  });
  return { id, issuer, subject };
}

export async function addIdentity(
  tx: TenantTx,
  by: UserPrincipal,
  userId: UserId,
  identity: AddIdentity,
): Promise<Identity> {
  const user = await demandActable(tx, by, userId);
  demandLendable(by, user.role);
  if (user.identities.length >= MOST_IDENTITIES)
    throw fault('conflict', { fields: [{ path: '', message: `a user has at most ${MOST_IDENTITIES} identities` }] });
  return insertIdentity(tx, userId, identity, '');
}

export async function removeIdentity(
  tx: TenantTx,
  by: UserPrincipal,
  userId: UserId,
  identityId: IdentityId,
): Promise<void> {
  await demandActable(tx, by, userId);
  const gone = await tx.run(
    sql`delete from identities i where ${tx.mine('i')} and i.user_id = ${userId} and i.id = ${identityId}`,
  );
  if (gone === 0) throw fault('not_found');
  await recordAct(tx, {
    action: 'identity.removed',
    object: { kind: 'user', id: userId },
    detail: { identity_id: identityId },
  });
}
