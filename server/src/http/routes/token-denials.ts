// Tokens of issuers that the tenant takes no more before they end.
import { DenyToken, PageQuery, pageOf, TokenDenial } from '@sallyport/contracts';
import { denyToken, listTokenDenials, removeTokenDenial } from '../../identity/identity.ts';
import { asId, type TokenDenialId } from '../../ids.ts';
import { answer, made, nothing } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/token-denials', idempotency: 'replay' } as const;

export const tokenDenialRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'users:write',
    summary: 'Takes a token, all of a session, or all of a person until now, no more; from the next request on.',
    body: DenyToken,
    sample: { issuer: 'https://login.example.com/', kind: 'token', value: 'the jti of the token' },
    answers: [made(TokenDenial, 'The denial.')],
    faults: ['conflict'],
    handle: async (call) => {
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const denial = await denyToken(tx, call.body);
        return created(`/v1/token-denials/${denial.id}`, denial);
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/token-denials',
    access: 'users:read',
    summary: 'Lists what is denied, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(TokenDenial), 'A page of denials.')],
    handle: async ({ scope, query }) =>
      ok(
        await page(
          query,
          (before: TokenDenialId | undefined, limit) => listTokenDenials(scope, { before, limit }),
          (denial) => denial.id,
        ),
      ),
  }),
  route({
    method: 'DELETE',
    path: '/v1/token-denials/{id}',
    access: 'users:write',
    summary: 'Takes what was denied again, as far as it has not ended.',
    answers: [nothing('It is gone.')],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => removeTokenDenial(tx, asId(params.id)));
      return noContent;
    },
  }),
];
