// Where the agents of the tenant may go, and whether one URL would pass.
import { CheckEgress, EgressPolicy, EgressVerdict, PutEgressPolicy } from '@sallyport/contracts';
import { checkPlace, getEgressPolicy, putEgressPolicy } from '../../egress/egress.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

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
];
