// Declared actions: calls of an HTTP service that agents of the tenant are given as tools.
import type { Action, CreateAction, Page } from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export interface Actions {
  create(body: CreateAction): Promise<Action>;
  /** Every action, newest first. */
  list(query?: PageQuery): AsyncGenerator<Action>;
  get(id: string, signal?: AbortSignal): Promise<Action>;
  /** No call of it begins any more; approvals of its calls are void. */
  remove(id: string): Promise<void>;
}

export function createActions(transport: Transport): Actions {
  const at = (id: string): string => `v1/actions/${segment(id)}`;
  const page = ({ signal, ...query }: PageQuery): Promise<Page<Action>> =>
    transport.json('v1/actions', { query: { ...query }, signal });
  return {
    create: (body) => transport.json('v1/actions', { method: 'POST', json: body }),
    list: (query = {}) => eachOf(query, page),
    get: (id, signal) => transport.json(at(id), { signal }),
    remove: async (id) => {
      await transport.json(at(id), { method: 'DELETE' });
    },
  };
}
