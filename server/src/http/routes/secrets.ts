// Credentials of tools: written and deleted, never read back.
import { CreateSecret, PageQuery, PutSecret, pageOf, Secret } from '@sallyport/contracts';
import { asId, type SecretId } from '../../ids.ts';
import { createSecret, deleteSecret, listSecrets, putSecret } from '../../secrets/secrets.ts';
import { answer, made, nothing } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/secrets', idempotency: 'replay' } as const;

export const secretRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'secrets:write',
    summary: 'Keeps a credential for tools. It is sent to its hosts alone, and no call shows it again.',
    body: CreateSecret,
    sample: { name: 'reader', value: 'the-credential', hosts: ['r.jina.ai:443'] },
    answers: [made(Secret, 'The secret without its value.')],
    faults: ['conflict', 'invalid_input'],
    handle: async (call) => {
      const { principal, body } = call;
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const secret = await createSecret(tx, principal, body);
        return created(`/v1/secrets/${secret.id}`, secret);
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/secrets',
    access: 'secrets:read',
    summary: 'Lists the secrets of the tenant without their values, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Secret), 'A page of secrets.')],
    handle: async ({ scope, query }) =>
      ok(
        await page(
          query,
          (before: SecretId | undefined, limit) => listSecrets(scope, { before, limit }),
          (secret) => secret.id,
        ),
      ),
  }),
  route({
    method: 'PUT',
    path: '/v1/secrets/{id}',
    access: 'secrets:write',
    summary: 'Replaces the value and the hosts of a secret, both together.',
    body: PutSecret,
    answers: [answer(Secret, 'The secret without its value.')],
    faults: ['invalid_input'],
    handle: async ({ services, principal, params, body }) =>
      ok(await services.db.atomic(principal, (tx) => putSecret(tx, asId(params.id), body))),
  }),
  route({
    method: 'DELETE',
    path: '/v1/secrets/{id}',
    access: 'secrets:write',
    summary: 'Deletes a secret; tools have it no more from their next call on.',
    answers: [nothing('It is gone.')],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => deleteSecret(tx, asId(params.id)));
      return noContent;
    },
  }),
];
