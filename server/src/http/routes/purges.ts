// Deletion of a tenant, its progress, and the operator's chain that keeps what was deleted on record.
import { DeleteTenant, Purge } from '@sallyport/contracts';
import { exportOperatorAudit, getPurge, requestPurge } from '../../purge/purge.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

export const purgeRoutes: readonly Route[] = [
  route({
    method: 'DELETE',
    path: '/v1/tenants/{id}',
    access: 'operator',
    summary: 'Closes a tenant at once and begins to delete everything of it. It cannot be undone.',
    body: DeleteTenant,
    sample: { confirm: 'acme' },
    answers: [{ status: 202, about: 'The purge; ask for it until it is done.', body: Purge }],
    faults: ['invalid_input'],
    handle: async ({ services, principal, params, body }) => {
      const purge = await requestPurge(services.db, principal, params.id, body.confirm);
      services.log.warn('purge.requested', { tenant_id: params.id });
      return { status: 202, headers: { location: `/v1/purges/${purge.id}` }, body: purge };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/purges/{id}',
    access: 'operator',
    summary: 'Shows how far a purge is, and its certificate at the end.',
    answers: [answer(Purge, 'The purge.')],
    handle: async ({ services, params }) => ok(await getPurge(services.db, params.id)),
  }),
  route({
    method: 'GET',
    path: '/v1/operator/audit/export',
    access: 'operator',
    summary: "Exports the operator's chain for offline verification.",
    answers: [{ status: 200, about: 'A header line, then one record a line.', media: ['application/x-ndjson'] }],
    handle: async ({ services }) => ({
      status: 200,
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8' },
      stream: exportOperatorAudit(services.db),
    }),
  }),
];
