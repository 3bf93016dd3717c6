// One place for what is asked and under which name it is kept.
import { type Client, type RunQuery, SallyportError, type UsageSums } from '@sallyport/client';
import type { ApprovalState, Page, SkillSummary } from '@sallyport/contracts';
import { type InfiniteData, infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';

const PAGE = 50;
const MOST_PINNED = 50;
const SLOW_MS = 60_000;
const HELD_MS = 15_000;

export type RunFilter = Omit<RunQuery, 'cursor' | 'limit' | 'signal' | 'attention'>;

export function isSignedOut(error: unknown): boolean {
  return error instanceof SallyportError && error.code === 'unauthenticated';
}

/** No retries here: the client repeats by itself what may be repeated. A lost session is asked for again, which shows the sign-in. */
export function createQueries(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isSignedOut(error) && query.queryKey[0] !== 'session')
          void queries.invalidateQueries({ queryKey: ['session'] });
      },
    }),
    defaultOptions: { queries: { retry: false, staleTime: 5_000 }, mutations: { retry: false } },
  });
  return queries;
}

export const sessionQuery = (api: Client) =>
  queryOptions({ queryKey: ['session'], queryFn: ({ signal }) => api.session.get(signal), staleTime: 60_000 });

function paged<T>(
  key: readonly unknown[],
  fetchPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
) {
  return infiniteQueryOptions({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<T>) => page.next_cursor ?? undefined,
    select: (data: InfiniteData<Page<T>, string | undefined>) => data.pages.flatMap((page) => page.data),
  });
}

/** Everything of a list that is short by its nature. */
async function gather<T>(items: AsyncIterable<T>, most = 1_000): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
    if (all.length >= most) break;
  }
  return all;
}

export const runsQuery = (api: Client, filter: RunFilter) =>
  paged(['runs', filter], (cursor, signal) => api.runs.listPage({ ...filter, cursor, limit: PAGE, signal }));

/** Runs that wait for a person, and runs with an effect that nobody knows the end of. */
export const attentionQuery = (api: Client) =>
  queryOptions({
    queryKey: ['runs', 'attention'],
    queryFn: async ({ signal }) =>
      (await api.runs.listPage({ attention: 'needed', limit: MOST_PINNED, signal })).data.toReversed(),
  });

export const foundRunsQuery = (api: Client, text: string) =>
  queryOptions({
    queryKey: ['runs', 'found', text],
    queryFn: async ({ signal }) => (await api.runs.listPage({ text, limit: 8, signal })).data,
  });

export const effectsQuery = (api: Client, runId: string) =>
  queryOptions({ queryKey: ['effects', runId], queryFn: () => gather(api.runs.effects(runId)) });

export const runUsageQuery = (api: Client, runId: string) =>
  queryOptions({
    queryKey: ['run-usage', runId],
    queryFn: ({ signal }) => api.runs.usage(runId, { limit: 100, signal }),
  });

export const runQuery = (api: Client, id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: ({ signal }) => api.runs.get(id, signal) });

export const approvalsQuery = (api: Client, state: ApprovalState) =>
  paged(['approvals', state], (cursor, signal) => api.approvals.listPage({ cursor, state, limit: PAGE, signal }));

export const approvalQuery = (api: Client, id: string) =>
  queryOptions({ queryKey: ['approval', id], queryFn: ({ signal }) => api.approvals.get(id, signal) });

/** How many calls wait; up to a hundred are counted. */
export const heldQuery = (api: Client) =>
  queryOptions({
    queryKey: ['approvals', 'held'],
    queryFn: async ({ signal }) => (await api.approvals.listPage({ state: 'pending', limit: 100, signal })).data.length,
    refetchInterval: HELD_MS,
  });

export const artifactsQuery = (api: Client, runId: string | undefined) =>
  paged(['artifacts', runId ?? 'all'], (cursor, signal) =>
    api.artifacts.listPage({ cursor, run_id: runId, limit: PAGE, signal }),
  );

export const artifactQuery = (api: Client, id: string) =>
  queryOptions({ queryKey: ['artifact', id], queryFn: ({ signal }) => api.artifacts.get(id, signal) });

export const entitiesQuery = (api: Client, runId: string | undefined, type: string | undefined) =>
  paged(['entities', runId ?? 'all', type ?? 'all'], (cursor, signal) =>
    api.entities.listPage({ cursor, run_id: runId, type, limit: PAGE, signal }),
  );

export const keysQuery = (api: Client) =>
  paged(['keys'], (cursor, signal) => api.keys.listPage({ cursor, limit: PAGE, signal }));

export const skillsQuery = (api: Client) =>
  queryOptions({
    queryKey: ['skills'],
    queryFn: (): Promise<readonly SkillSummary[]> => gather(api.skills.list()),
    staleTime: SLOW_MS,
  });

export const modelsQuery = (api: Client) =>
  queryOptions({ queryKey: ['models'], queryFn: () => gather(api.models.list()), staleTime: SLOW_MS });

export const usersQuery = (api: Client) =>
  paged(['users'], (cursor, signal) => api.users.listPage({ cursor, limit: PAGE, signal }));

export const auditQuery = (api: Client, filter: { readonly action?: string; readonly object?: string }) =>
  infiniteQueryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam, signal }) =>
      api.audit.listPage({ action: filter.action, object_id: filter.object, before: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => (page.next_cursor === null ? undefined : Number(page.next_cursor)),
    select: (data) => data.pages.flatMap((page) => page.data),
  });

export const usageQuery = (api: Client, by: 'day' | 'skill' | 'model' | 'user', from: string, to: string) =>
  queryOptions({
    queryKey: ['usage', by, from, to],
    queryFn: ({ signal }): Promise<UsageSums> => api.usage.sum({ by, from, to, limit: 400 }, signal),
  });

export const budgetsQuery = (api: Client) =>
  queryOptions({ queryKey: ['budgets'], queryFn: () => gather(api.budgets.list()) });

export const billingQuery = (api: Client) =>
  queryOptions({ queryKey: ['billing'], queryFn: ({ signal }) => api.billing.standing(signal), staleTime: SLOW_MS });

export const retentionQuery = (api: Client) =>
  queryOptions({ queryKey: ['retention'], queryFn: ({ signal }) => api.retention.get(signal) });

export const postureQuery = (api: Client) =>
  queryOptions({
    queryKey: ['posture'],
    queryFn: ({ signal }) => api.posture(signal),
    staleTime: SLOW_MS / 2,
    refetchInterval: SLOW_MS,
  });

export const readinessQuery = (api: Client) =>
  queryOptions({
    queryKey: ['readiness'],
    queryFn: ({ signal }) => api.health.ready(signal),
    refetchInterval: SLOW_MS,
  });

export interface BrokenChain {
  readonly of: 'run' | 'audit';
  readonly id: string;
  readonly seq: number;
  readonly detail: string;
}

/** What this browser itself found broken. The server's word is not asked for. */
export const brokenChainsQuery = queryOptions({
  queryKey: ['broken-chains'],
  queryFn: (): readonly BrokenChain[] => [],
  initialData: [] as readonly BrokenChain[],
  staleTime: Number.POSITIVE_INFINITY,
});

/** A later check that finds the chain whole takes the word back. */
export function tellChain(queries: QueryClient, id: string, broken: BrokenChain | undefined): void {
  queries.setQueryData(brokenChainsQuery.queryKey, (known: readonly BrokenChain[] = []) => [
    ...known.filter((one) => one.id !== id),
    ...(broken === undefined ? [] : [broken]),
  ]);
}
