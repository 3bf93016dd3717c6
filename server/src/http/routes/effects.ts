// What a run did to the world, and what of it nobody knows.
import { Effect, ListEffectsQuery, pageOf, ResolveEffect } from '@sallyport/contracts';
import { listEffects } from '../../effects/effects.ts';
import { fault } from '../../errors.ts';
import { asId, type RunId } from '../../ids.ts';
import { findRun, settleUnknown } from '../../runs/runs.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { pageByName } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

export const effectRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/runs/{id}/effects',
    access: 'runs:read',
    summary: 'Lists the effects of a run in the order of their keys: claimed, done, failed, or unknown.',
    query: ListEffectsQuery,
    answers: [answer(pageOf(Effect), 'A page of effects.')],
    handle: async ({ scope, params, query }) => {
      const id = asId<RunId>(params.id);
      if ((await findRun(scope, id)) === undefined) throw fault('not_found');
      const read = (after: string | undefined, limit: number) => listEffects(scope, id, { after, limit });
      return ok(await pageByName({ ...query, most: 100 }, read, (effect) => effect.key));
    },
  }),
  route({
    method: 'POST',
    path: '/v1/runs/{id}/effects/{key}/resolution',
    access: 'approvals:decide',
    summary:
      'Says what became of an effect that nobody knows the outcome of: it happened, it did not, still unknown. The run goes on.',
    body: ResolveEffect,
    sample: { outcome: 'did_not_happen', note: 'The ticket system shows no ticket of that minute.' },
    answers: [answer(Effect, 'The effect, settled.')],
    faults: ['already_decided', 'too_early'],
    handle: async ({ services, principal, params, body }) => {
      const id = asId<RunId>(params.id);
      const said = { ...body, by: principal.userId };
      const effect = await services.db.atomic(principal, (tx) => settleUnknown(tx, id, params.key, said));
      services.signals.ready();
      services.signals.touched(id);
      return ok(effect);
    },
  }),
];
