// The smaller resources: what was found, which skills there are, who may act.
import type {
  ApiKey,
  CreateApiKey,
  CreatedApiKey,
  CreatedTenant,
  CreateTenant,
  Entity,
  ModelSummary,
  Page,
  Purge,
  RotateApiKey,
  SkillSummary,
  Tenant,
  UpdateTenant,
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
  /** The successor, shown this once; the old key ends after `overlap_seconds`, at once unless told. */
  rotate(id: string, body?: RotateApiKey): Promise<CreatedApiKey>;
  revoke(id: string): Promise<void>;
}

/** Needs the operator's key. */
export interface Tenants {
  /** The answer holds the tenant's first key, this once. */
  create(body: CreateTenant): Promise<CreatedTenant>;
  get(id: string, signal?: AbortSignal): Promise<Tenant>;
  update(id: string, change: UpdateTenant): Promise<Tenant>;
  suspend(id: string): Promise<Tenant>;
  resume(id: string): Promise<Tenant>;
  /** Closes the tenant at once and begins to delete all of it; `confirm` is its name. It cannot be undone. */
  remove(id: string, confirm: string): Promise<Purge>;
  /** How far a deletion is; its certificate at the end. */
  purge(id: string, signal?: AbortSignal): Promise<Purge>;
  list(query?: PageQuery): AsyncGenerator<Tenant>;
  listPage(query?: PageQuery): Promise<Page<Tenant>>;
}

export interface Skills {
  list(query?: PageQuery): AsyncGenerator<SkillSummary>;
}

export interface Models {
  list(query?: PageQuery): AsyncGenerator<ModelSummary>;
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
    rotate: (id, body = {}) => transport.json(`v1/api-keys/${segment(id)}/rotate`, { method: 'POST', json: body }),
    revoke: async (id) => {
      await transport.json(`v1/api-keys/${segment(id)}/revoke`, { method: 'POST' });
    },
  };
}

export function createTenants(transport: Transport): Tenants {
  const page = pager<Tenant>(transport, 'v1/tenants');
  return {
    create: (body) => transport.json('v1/tenants', { method: 'POST', json: body }),
    get: (id, signal) => transport.json(`v1/tenants/${segment(id)}`, { signal }),
    update: (id, change) => transport.json(`v1/tenants/${segment(id)}`, { method: 'PATCH', json: change }),
    suspend: (id) => transport.json(`v1/tenants/${segment(id)}/suspend`, { method: 'POST' }),
    resume: (id) => transport.json(`v1/tenants/${segment(id)}/resume`, { method: 'POST' }),
    remove: (id, confirm) => transport.json(`v1/tenants/${segment(id)}`, { method: 'DELETE', json: { confirm } }),
    purge: (id, signal) => transport.json(`v1/purges/${segment(id)}`, { signal }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
  };
}

export function createSkills(transport: Transport): Skills {
  return { list: (query = {}) => eachOf(query, pager<SkillSummary>(transport, 'v1/skills')) };
}

export function createModels(transport: Transport): Models {
  return { list: (query = {}) => eachOf(query, pager<ModelSummary>(transport, 'v1/models')) };
}
