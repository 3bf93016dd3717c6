import { CreatedTenant, CreateTenant, PageQuery, pageOf, Tenant } from '@sallyport/contracts';
import { fingerprint, parseIdempotencyKey, takeOperatorKey } from '../../idempotency/idempotency.ts';
import { createTenant, listTenants } from '../../identity/identity.ts';
import type { TenantId } from '../../ids.ts';
import { ok } from '../answer.ts';
import { answer } from '../answer-spec.ts';
import { page } from '../cursor.ts';
import { type Route, route } from '../route.ts';

const CREATE = { method: 'POST', path: '/v1/tenants' } as const;

export const tenantRoutes: readonly Route[] = [
  route({
    ...CREATE,
    access: 'operator',
    summary: 'Makes a tenant with its owner and a first key, which is shown this once.',
    body: CreateTenant,
    idempotency: 'once',
    sample: { name: 'Beta' },
    answers: [{ status: 201, about: 'The tenant and its key.', body: CreatedTenant }],
    handle: async ({ services, principal, body, header }) => {
      const text = header('idempotency-key');
      if (text !== undefined) {
        const key = parseIdempotencyKey(text);
        const name = `${CREATE.method} ${CREATE.path}`;
        await takeOperatorKey(services.db, { route: name, key, fingerprint: fingerprint(body) });
      }
      return { status: 201, body: await createTenant(services.db, services.peppers, principal, body.name) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/tenants',
    access: 'operator',
    summary: 'Lists tenants, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Tenant), 'A page of tenants.')],
    handle: async ({ services, principal, query }) =>
      ok(
        await page(
          query,
          (before: TenantId | undefined, limit) => listTenants(services.db, principal, { before, limit }),
          (tenant) => tenant.tenant_id,
        ),
      ),
  }),
];
