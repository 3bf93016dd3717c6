import {
  AddIdentity,
  CreateUser,
  Identity,
  PageQuery,
  pageOf,
  SignInLink,
  UpdateUser,
  User,
} from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import {
  addIdentity,
  createSignInLink,
  createUser,
  getUser,
  listUsers,
  recordLink,
  removeIdentity,
  updateUser,
} from '../../identity/identity.ts';
import { asId, type IdentityId, type UserId } from '../../ids.ts';
import { answer, made, nothing } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route, type Services } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/users', idempotency: 'replay' } as const;

/** A person of an issuer that nobody trusts could never come in: more likely a slip. */
function demandIssuer(services: Services, issuer: string | undefined, path: string): void {
  if (issuer !== undefined && !services.issuers.knows(issuer))
    throw fault('invalid_input', { fields: [{ path, message: 'is not an issuer of this server' }] });
}

export const userRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'users:write',
    summary: 'Makes a user with a role that is not above the own one.',
    body: CreateUser,
    answers: [made(User, 'The user.')],
    faults: ['conflict', 'invalid_input'],
    handle: async (call) => {
      const { principal, services, body } = call;
      demandIssuer(services, body.identity?.issuer, '/identity/issuer');
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const user = await createUser(tx, principal, body);
        return created(`/v1/users/${user.id}`, user);
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/users',
    access: 'users:read',
    summary: 'Lists the users of the tenant, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(User), 'A page of users.')],
    handle: async ({ scope, query }) =>
      ok(
        await page(
          query,
          (before: UserId | undefined, limit) => listUsers(scope, { before, limit }),
          (user) => user.id,
        ),
      ),
  }),
  route({
    method: 'GET',
    path: '/v1/users/{id}',
    access: 'users:read',
    summary: 'Shows one user.',
    answers: [answer(User, 'The user.')],
    handle: async ({ scope, params }) => ok(await getUser(scope, asId(params.id))),
  }),
  route({
    method: 'PATCH',
    path: '/v1/users/{id}',
    access: 'users:write',
    summary: 'Renames a user, changes the role, disables or enables; it counts from the next request on.',
    body: UpdateUser,
    answers: [answer(User, 'The user as it stands now.')],
    faults: ['conflict'],
    handle: async ({ services, principal, params, body }) =>
      ok(await services.db.atomic(principal, (tx) => updateUser(tx, principal, asId(params.id), body))),
  }),
  route({
    method: 'POST',
    path: '/v1/users/{id}/sign-in-link',
    access: 'users:write',
    summary: 'Makes a one-time link by which this user signs in at the console; its token is shown this once.',
    answers: [{ status: 201, about: 'The link.', body: SignInLink }],
    faults: ['conflict'],
    handle: async ({ services, principal, params }) => {
      const id = asId<UserId>(params.id);
      await services.db.atomic(principal, (tx) => recordLink(tx, principal, id));
      return { status: 201, body: await createSignInLink(services.db, principal.tenantId, id) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/users/{id}/identities',
    access: 'users:write',
    summary: 'Lets a person of a token issuer act as this user.',
    body: AddIdentity,
    answers: [{ status: 201, about: 'The identity.', body: Identity }],
    faults: ['conflict', 'invalid_input'],
    handle: async ({ services, principal, params, body }) => {
      demandIssuer(services, body.issuer, '/issuer');
      const identity = await services.db.atomic(principal, (tx) => addIdentity(tx, principal, asId(params.id), body));
      return { status: 201, body: identity };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/users/{id}/identities/{identity}',
    access: 'users:write',
    summary: 'Takes an identity away; tokens of that person are refused from the next request on.',
    answers: [nothing('It is gone.')],
    handle: async ({ services, principal, params }) => {
      const identity = asId<IdentityId>(params.identity);
      await services.db.atomic(principal, (tx) => removeIdentity(tx, principal, asId(params.id), identity));
      return noContent;
    },
  }),
];
