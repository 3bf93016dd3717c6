// How long the tenant's data is kept, class by class.
import { PutRetention, RetentionPolicies } from '@sallyport/contracts';
import { listRetention, putRetention } from '../../retention/retention.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const retentionRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/retention',
    access: 'retention:read',
    summary: 'Shows how long each class of data is kept.',
    answers: [answer(RetentionPolicies, 'The policy of each class.')],
    handle: async ({ scope }) => ok({ data: await listRetention(scope) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/retention',
    access: 'retention:write',
    summary: 'Sets how many days classes are kept, from now and for what is there already.',
    body: PutRetention,
    sample: { page: 7, upload: 30 },
    answers: [answer(RetentionPolicies, 'The policy of each class.')],
    handle: async ({ services, principal, body }) =>
      ok({ data: await services.db.atomic(principal, (tx) => putRetention(tx, body)) }),
  }),
];
