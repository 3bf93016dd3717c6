import { CreatedTenant, CreateTenant, PageQuery, pageOf, Tenant, UpdateTenant } from '@sallyport/contracts';
import { fingerprint, parseIdempotencyKey, takeOperatorKey } from '../../idempotency/idempotency.ts';
import { changeTenant, createTenant, getTenant, listTenants } from '../../identity/identity.ts';
import { asId, type TenantId } from '../../ids.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
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
  route({
    method: 'GET',
    path: '/v1/tenants/{id}',
    access: 'operator',
    summary: 'Shows one tenant with its rules for keys.',
    answers: [answer(Tenant, 'The tenant.')],
    handle: async ({ services, params }) => ok(await getTenant(services.db, asId(params.id))),
  }),
  route({
    method: 'PATCH',
    path: '/v1/tenants/{id}',
    access: 'operator',
    summary: 'Renames a tenant, or changes its rules for keys.',
    body: UpdateTenant,
    answers: [answer(Tenant, 'The tenant as it stands now.')],
    faults: ['conflict'],
    handle: async ({ services, principal, params, body }) =>
      ok(await changeTenant(services.db, principal, asId(params.id), body)),
  }),
  route({
    method: 'POST',
    path: '/v1/tenants/{id}/suspend',
    access: 'operator',
    summary: 'Stops all keys, sessions and new work of a tenant from the next request on; nothing is deleted.',
    answers: [answer(Tenant, 'The tenant as it stands now.')],
    faults: ['conflict'],
    handle: async ({ services, principal, params }) =>
      ok(await changeTenant(services.db, principal, asId(params.id), { state: 'suspended' })),
  }),
  route({
    method: 'POST',
    path: '/v1/tenants/{id}/resume',
    access: 'operator',
    summary: 'Lets a suspended tenant work again.',
    answers: [answer(Tenant, 'The tenant as it stands now.')],
    faults: ['conflict'],
    handle: async ({ services, principal, params }) =>
      ok(await changeTenant(services.db, principal, asId(params.id), { state: 'active' })),
  }),
];
