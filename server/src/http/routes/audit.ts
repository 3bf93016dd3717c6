// The audit log of the tenant. Reading it out whole is an act of its own.
import { AuditRecord, ListAuditQuery, pageOf } from '@sallyport/contracts';
import { exportAudit, listAudit, recordAct } from '../../audit/audit.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { type Route, route } from '../route.ts';

const DEFAULT_LIMIT = 100;

export const auditRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/audit',
    access: 'audit:read',
    summary: 'Lists records of security-relevant acts, newest first. `next_cursor` is a seq, to be passed as `before`.',
    query: ListAuditQuery,
    answers: [answer(pageOf(AuditRecord), 'A page of records.')],
    handle: async ({ scope, query }) => {
      const limit = query.limit ?? DEFAULT_LIMIT;
      const { action, object_id: objectId, before } = query;
      const records = await listAudit(scope, { action, objectId, before, limit: limit + 1 });
      const data = records.slice(0, limit);
      const more = records.length > limit;
      return ok({ data, next_cursor: more ? String(data.at(-1)?.seq) : null });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/audit/export',
    access: 'audit:read',
    summary: 'Sends the whole chain, one JSON line a record, for offline verification.',
    answers: [{ status: 200, about: 'A header line, then a line a record.', media: ['application/x-ndjson'] }],
    handle: async ({ services, principal, scope }) => {
      await services.db.atomic(principal, (tx) => recordAct(tx, { action: 'audit.exported' }));
      const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
      return { status: 200, headers, stream: exportAudit(scope) };
    },
  }),
];
