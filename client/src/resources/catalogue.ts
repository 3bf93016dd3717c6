// The smaller resources: what was found, which skills there are, who may act.
import type {
  ApiKey,
  CreateApiKey,
  CreatedApiKey,
  CreatedTenant,
  CreateTenant,
  Entity,
  Page,
  SkillSummary,
  Tenant,
} from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export interface EntityQuery extends PageQuery {
  /** Name of an entity type. */
  readonly type?: string | undefined;
  readonly run_id?: string | undefined;
}

export interface Entities {
  get(id: string, signal?: AbortSignal): Promise<Entity>;
  list(query?: EntityQuery): AsyncGenerator<Entity>;
  listPage(query?: EntityQuery): Promise<Page<Entity>>;
}

export interface Keys {
  /** The answer holds the key, this once. */
  create(body: CreateApiKey): Promise<CreatedApiKey>;
  get(id: string, signal?: AbortSignal): Promise<ApiKey>;
  list(query?: PageQuery): AsyncGenerator<ApiKey>;
  listPage(query?: PageQuery): Promise<Page<ApiKey>>;
  revoke(id: string): Promise<void>;
}

/** Needs the operator's key. */
export interface Tenants {
  /** The answer holds the tenant's first key, this once. */
  create(body: CreateTenant): Promise<CreatedTenant>;
  list(query?: PageQuery): AsyncGenerator<Tenant>;
  listPage(query?: PageQuery): Promise<Page<Tenant>>;
}

export interface Skills {
  list(query?: PageQuery): AsyncGenerator<SkillSummary>;
}

function pager<T>(transport: Transport, path: string): (query: EntityQuery) => Promise<Page<T>> {
  return ({ signal, ...query }) => transport.json(path, { query: { ...query }, signal });
}

export function createEntities(transport: Transport): Entities {
  const page = pager<Entity>(transport, 'v1/entities');
  return {
    get: (id, signal) => transport.json(`v1/entities/${segment(id)}`, { signal }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
  };
}

export function createKeys(transport: Transport): Keys {
  const page = pager<ApiKey>(transport, 'v1/api-keys');
  return {
    create: (body) => transport.json('v1/api-keys', { method: 'POST', json: body }),
    get: (id, signal) => transport.json(`v1/api-keys/${segment(id)}`, { signal }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
    revoke: async (id) => {
      await transport.json(`v1/api-keys/${segment(id)}/revoke`, { method: 'POST' });
    },
  };
}

export function createTenants(transport: Transport): Tenants {
  const page = pager<Tenant>(transport, 'v1/tenants');
  return {
    create: (body) => transport.json('v1/tenants', { method: 'POST', json: body }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
  };
}

export function createSkills(transport: Transport): Skills {
  return { list: (query = {}) => eachOf(query, pager<SkillSummary>(transport, 'v1/skills')) };
}
