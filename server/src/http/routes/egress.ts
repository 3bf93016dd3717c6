// Where the agents of the tenant may go, whether one URL would pass, and where they went.
import {
  CheckEgress,
  EgressDecision,
  EgressPolicy,
  EgressVerdict,
  ListEgressDecisionsQuery,
  PutEgressPolicy,
  pageOf,
} from '@sallyport/contracts';
import { parseHostRule } from '@sallyport/egress';
import { checkPlace, getEgressPolicy, listDecisions, putEgressPolicy } from '../../egress/egress.ts';
import { fault } from '../../errors.ts';
import { asId, type DecisionId, type RunId } from '../../ids.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { timeOf } from '../message/query.ts';
import { type Route, route } from '../route.ts';

/** The host as decisions name it, and the port if one is asked for. */
function placeOf(text: string | undefined): { readonly host?: string; readonly port?: number } {
  if (text === undefined) return {};
  try {
    const { pattern, port } = parseHostRule(text);
    if (!pattern.below) return { host: pattern.name, ...(port === undefined ? {} : { port }) };
  } catch {
    // Said below, as for a pattern.
  }
  throw fault('invalid_request', { fields: [{ path: '/host', message: 'is not one host with an optional port' }] });
}

export const egressRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/egress/policy',
    access: 'egress:read',
    summary: 'Shows where agents may go, how often and how much; and what the deployment says of it.',
    answers: [answer(EgressPolicy, 'The policy.')],
    handle: async ({ services, scope }) => ok(await getEgressPolicy(scope, services.egress.lists)),
  }),
  route({
    method: 'PUT',
    path: '/v1/egress/policy',
    access: 'egress:write',
    summary: 'Changes the profile, the lists, the limits; it holds from the next call on.',
    body: PutEgressPolicy,
    sample: {
      profile: 'internal',
      allow: ['*.example.com', 'api.partner.example:8443'],
      limits: [{ calls_per_minute: 60 }],
    },
    answers: [answer(EgressPolicy, 'The policy as it stands now.')],
    faults: ['invalid_input'],
    handle: async ({ services, principal, body }) =>
      ok(
        await services.db.atomic(principal, async (tx) => {
          await putEgressPolicy(tx, body);
          return getEgressPolicy(tx, services.egress.lists);
        }),
      ),
  }),
  route({
    method: 'POST',
    path: '/v1/egress/check',
    access: 'egress:read',
    summary: 'Says whether a URL would pass for an agent of the tenant, and why not. Nothing is connected to.',
    body: CheckEgress,
    sample: { url: 'https://api.example.com/v1/things' },
    answers: [answer(EgressVerdict, 'The verdict.')],
    handle: async ({ services, scope, body }) => {
      const { code = null, rule = null, ...rest } = await checkPlace(services.egress, scope, body.url);
      return ok({ ...rest, code, rule });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/egress/decisions',
    access: 'egress:read',
    summary:
      'Lists what became of each hop of the calls of tools, across runs, newest first; narrowed by what is told.',
    query: ListEgressDecisionsQuery,
    answers: [answer(pageOf(EgressDecision), 'A page of decisions.')],
    handle: async ({ scope, query }) => {
      const { verdict, code, tool, run_id: run } = query;
      const filter = {
        ...{ verdict, code, tool },
        ...placeOf(query.host),
        ...(run === undefined ? {} : { runId: asId<RunId>(run) }),
        from: timeOf(query.from, '/from'),
        to: timeOf(query.to, '/to'),
      };
      const read = (before: DecisionId | undefined, limit: number) =>
        listDecisions(scope, { ...filter, before, limit });
      return ok(await page(query, read, (decision) => decision.id));
    },
  }),
];
