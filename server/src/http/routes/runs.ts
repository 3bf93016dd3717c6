import { CancelRun, CreateRun, ListRunsQuery, pageOf, Run, RunSummary } from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import { asId, type RunId } from '../../ids.ts';
import { cancelRun, createRun, getRun, listRuns } from '../../runs/runs.ts';
import { answer, made } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { timeOf } from '../message/query.ts';
import { type Route, route } from '../route.ts';
import { planRun } from '../run-plan.ts';

const CREATE = { method: 'POST', path: '/v1/runs', idempotency: 'replay' } as const;

export const runRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'runs:write',
    summary: 'Starts a run of a skill.',
    body: CreateRun,
    bodyIds: ['/input/artifacts/*'],
    sample: { skill: 'web-digest', task: 'What does this page say?', input: { urls: ['https://example.com/'] } },
    answers: [made(Run, 'The run, queued.')],
    faults: ['invalid_skill', 'skill_not_approved', 'invalid_input', 'unknown_model', 'disk_full', 'payment_required'],
    handle: async (call) => {
      const { principal, services, body } = call;
      if (await services.disk.full()) throw fault('disk_full');
      let started: RunId | undefined;
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const plan = await planRun(tx, services, body);
        await services.billing?.demandEntitled(tx);
        started = await createRun(tx, principal, plan);
        return created(`/v1/runs/${started}`, await getRun(tx, started));
      });
      if (keyed.fresh && started !== undefined) {
        services.signals.ready();
        services.signals.touched(started);
      }
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs',
    access: 'runs:read',
    summary: 'Lists runs, newest first; by status, skill, user, time or text when told.',
    query: ListRunsQuery,
    answers: [answer(pageOf(RunSummary), 'A page of runs.')],
    handle: async ({ scope, query }) => {
      const { status, skill, text } = query;
      const filter = {
        status,
        skill,
        text,
        createdBy: query.created_by,
        from: timeOf(query.from, '/from'),
        to: timeOf(query.to, '/to'),
        attention: query.attention === 'needed',
      };
      const read = (before: RunId | undefined, limit: number) => listRuns(scope, { ...filter, before, limit });
      return ok(await page(query, read, (run) => run.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}',
    access: 'runs:read',
    summary: 'Shows one run with its task, input and result.',
    answers: [answer(Run, 'The run.')],
    handle: async ({ scope, params }) => ok(await getRun(scope, asId(params.id))),
  }),
  route({
    method: 'POST',
    path: '/v1/runs/{id}/cancel',
    access: 'runs:write',
    summary: 'Cancels a run that has not ended.',
    body: CancelRun,
    sample: { reason: 'not needed any more' },
    answers: [answer(Run, 'The run, cancelled.')],
    faults: ['already_ended'],
    handle: async ({ services, principal, scope, params, body }) => {
      const id = asId<RunId>(params.id);
      const done = await services.db.atomic(principal, (tx) => cancelRun(tx, id, principal.userId, body.reason));
      if (!done.cancelled) throw fault('already_ended', { fields: [{ path: '/status', message: done.status }] });
      services.signals.stopped(id);
      services.signals.touched(id);
      return ok(await getRun(scope, id));
    },
  }),
];
