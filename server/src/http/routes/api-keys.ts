import {
  ApiKey,
  CreateApiKey,
  CreatedApiKey,
  CURRENT_RELEASE,
  ListApiKeysQuery,
  pageOf,
  RotateApiKey,
  UpdateApiKey,
} from '@sallyport/contracts';
import { createKey, getKey, listKeys, pinRelease, revokeKey, rotateKey } from '../../identity/identity.ts';
import { asId, type KeyId } from '../../ids.ts';
import { answer, made, nothing } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { noContent, ok } from '../message/answer.ts';
import { RELEASE_FAULT } from '../message/contract-release.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/api-keys', idempotency: 'once' } as const;
const ROTATE = { method: 'POST', path: '/v1/api-keys/{id}/rotate', idempotency: 'once' } as const;

export const apiKeyRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'keys:write',
    summary: 'Makes a key of the calling user, with scopes that the calling key holds. Its text is shown this once.',
    body: CreateApiKey,
    sample: { name: 'ci', scopes: ['runs:read'], expires_in: 86_400 },
    answers: [made(CreatedApiKey, 'The key with its text.')],
    faults: ['conflict', RELEASE_FAULT],
    handle: async (call) => {
      const { principal, services, body } = call;
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const key = await createKey(tx, services.peppers, principal, body);
        return { status: 201, headers: { location: `/v1/api-keys/${key.id}` }, body: key };
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/api-keys',
    access: 'keys:read',
    summary: 'Lists the keys of the tenant, newest first; with `idle_days` those that work and nobody uses.',
    query: ListApiKeysQuery,
    answers: [answer(pageOf(ApiKey), 'A page of keys.')],
    handle: async ({ scope, query }) =>
      ok(
        await page(
          query,
          (before: KeyId | undefined, limit) => listKeys(scope, { before, limit, idleDays: query.idle_days }),
          (key) => key.id,
        ),
      ),
  }),
  route({
    method: 'GET',
    path: '/v1/api-keys/{id}',
    access: 'keys:read',
    summary: 'Shows one key without its text.',
    answers: [answer(ApiKey, 'The key.')],
    handle: async ({ scope, params }) => ok(await getKey(scope, asId(params.id))),
  }),
  route({
    method: 'PATCH',
    path: '/v1/api-keys/{id}',
    access: 'keys:write',
    summary: "Says which release of the contracts the program of a key knows; an admin says so of other users' too.",
    body: UpdateApiKey,
    sample: { contracts_version: CURRENT_RELEASE },
    answers: [answer(ApiKey, 'The key as it stands now.')],
    faults: [RELEASE_FAULT],
    handle: async ({ services, principal, scope, params, body }) => {
      const id = asId<KeyId>(params.id);
      await services.db.atomic(principal, (tx) => pinRelease(tx, id, body.contracts_version));
      return ok(await getKey(scope, id));
    },
  }),
  route({
    ...ROTATE,
    access: 'keys:write',
    summary: 'Makes the successor of an own key, shown this once; the old one ends after the overlap.',
    body: RotateApiKey,
    answers: [made(CreatedApiKey, 'The new key with its text.')],
    faults: ['conflict'],
    handle: async (call) => {
      const { principal, services, params, body } = call;
      const id = asId<KeyId>(params.id);
      const keyed = await idempotently(
        call,
        ROTATE,
        async (tx) => {
          const key = await rotateKey(tx, services.peppers, principal, id, body.overlap_seconds ?? 0);
          return { status: 201, headers: { location: `/v1/api-keys/${key.id}` }, body: key };
        },
        { id },
      );
      return keyed.answer;
    },
  }),
  route({
    method: 'POST',
    path: '/v1/api-keys/{id}/revoke',
    access: 'keys:write',
    summary: "Stops a key at once and for ever; an admin stops other users' too.",
    answers: [answer(ApiKey, 'The key as it stands now.')],
    handle: async ({ services, principal, scope, params }) => {
      const id = asId<KeyId>(params.id);
      await services.db.atomic(principal, (tx) => revokeKey(tx, id));
      return ok(await getKey(scope, id));
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/api-keys/{id}',
    access: 'keys:write',
    summary: 'Stops a key at once and for ever, like revoke.',
    answers: [nothing('It is stopped.')],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => revokeKey(tx, asId(params.id)));
      return noContent;
    },
  }),
];
