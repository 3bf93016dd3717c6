// Where the agents of the caller's tenant may go, and the credentials of its tools.
import type {
  CreateSecret,
  EgressDecision,
  EgressPolicy,
  EgressVerdict,
  ListEgressDecisionsQuery,
  Page,
  PutEgressPolicy,
  PutSecret,
  Secret,
} from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export type DecisionQuery = PageQuery & Omit<ListEgressDecisionsQuery, 'cursor' | 'limit'>;

export interface Egress {
  policy(signal?: AbortSignal): Promise<EgressPolicy>;
  /** Changes what is named; it holds from the next call of an agent on. */
  setPolicy(change: PutEgressPolicy): Promise<EgressPolicy>;
  /** Would this URL pass, and why not? Nothing is connected to. */
  check(url: string): Promise<EgressVerdict>;
  /** What became of each hop of the calls of tools, across runs, newest first. */
  decisions(query?: DecisionQuery): AsyncGenerator<EgressDecision>;
  decisionPage(query?: DecisionQuery): Promise<Page<EgressDecision>>;
}

export function createEgress(transport: Transport): Egress {
  const page = ({ signal, ...query }: DecisionQuery): Promise<Page<EgressDecision>> =>
    transport.json('v1/egress/decisions', { query: { ...query }, signal });
  return {
    policy: (signal) => transport.json('v1/egress/policy', { signal }),
    setPolicy: (change) => transport.json('v1/egress/policy', { method: 'PUT', json: change }),
    check: (url) => transport.json('v1/egress/check', { method: 'POST', json: { url } }),
    decisions: (query = {}) => eachOf(query, page),
    decisionPage: (query = {}) => page(query),
  };
}

export interface Secrets {
  create(body: CreateSecret): Promise<Secret>;
  list(query?: PageQuery): AsyncGenerator<Secret>;
  listPage(query?: PageQuery): Promise<Page<Secret>>;
  /** Value and hosts, both anew. */
  replace(id: string, body: PutSecret): Promise<Secret>;
  delete(id: string): Promise<void>;
}

export function createSecrets(transport: Transport): Secrets {
  const page = ({ signal, ...query }: PageQuery): Promise<Page<Secret>> =>
    transport.json('v1/secrets', { query: { ...query }, signal });
  return {
    create: (body) => transport.json('v1/secrets', { method: 'POST', json: body }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
    replace: (id, body) => transport.json(`v1/secrets/${segment(id)}`, { method: 'PUT', json: body }),
    delete: async (id) => {
      await transport.json(`v1/secrets/${segment(id)}`, { method: 'DELETE' });
    },
  };
}
