// Declared actions: what agents of the tenant may be given beside the tools of the release.
import { Action, CreateAction, PageQuery, pageOf } from '@sallyport/contracts';
import { declareAction, getAction, listActions, removeAction } from '../../actions/actions.ts';
import { type ActionId, asId } from '../../ids.ts';
import { answer, made, nothing } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, noContent, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/actions', idempotency: 'replay' } as const;

export const actionRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'tools:write',
    summary:
      'Declares a call of an HTTP service as a tool: method, URL, what each argument is for, and which secret goes into which header.',
    body: CreateAction,
    sample: {
      name: 'report.send',
      description: 'Sends a short report to a person.',
      effect: 'send',
      method: 'POST',
      url: 'https://mail.example.com/v1/messages',
      arguments: {
        to: { role: 'target', type: 'string', in: 'body', required: true },
        text: { role: 'content', type: 'string', in: 'body', required: true },
      },
      secret_headers: { Authorization: { secret: 'mail', prefix: 'Bearer ' } },
    },
    answers: [made(Action, 'The action.')],
    faults: ['conflict', 'invalid_input'],
    handle: async (call) => {
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const action = await declareAction(tx, call.principal, call.body as CreateAction);
        return created(`/v1/actions/${action.id}`, action);
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/actions',
    access: 'tools:read',
    summary: 'Lists the actions of the tenant, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Action), 'A page of actions.')],
    handle: async ({ scope, query }) => {
      const read = (before: ActionId | undefined, limit: number) => listActions(scope, { before, limit });
      return ok(await page(query, read, (action) => action.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/actions/{id}',
    access: 'tools:read',
    summary: 'Shows one action.',
    answers: [answer(Action, 'The action.')],
    handle: async ({ scope, params }) => ok(await getAction(scope, asId(params.id))),
  }),
  route({
    method: 'DELETE',
    path: '/v1/actions/{id}',
    access: 'tools:write',
    summary: 'Removes an action: no call of it begins any more, and approvals of its calls are void.',
    answers: [nothing('It is gone.')],
    handle: async ({ services, principal, params }) => {
      await services.db.atomic(principal, (tx) => removeAction(tx, asId(params.id)));
      return noContent;
    },
  }),
];
