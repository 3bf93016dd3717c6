// One place for what is asked and under which name it is kept.
import { type Client, SallyportError } from '@sallyport/client';
import type { Page, RunStatus, SkillSummary } from '@sallyport/contracts';
import { type InfiniteData, infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';

const PAGE = 50;

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

export const runsQuery = (api: Client, status: RunStatus | undefined) =>
  paged(['runs', status ?? 'all'], (cursor, signal) => api.runs.listPage({ cursor, status, limit: PAGE, signal }));

export const runQuery = (api: Client, id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: ({ signal }) => api.runs.get(id, signal) });

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
    queryFn: async () => {
      const skills: SkillSummary[] = [];
      for await (const skill of api.skills.list()) skills.push(skill);
      return skills;
    },
  });
