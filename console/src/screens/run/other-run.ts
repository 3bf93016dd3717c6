// The neighbour of a run in the list that was last read.
import type { Page, RunSummary } from '@sallyport/contracts';
import { type InfiniteData, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useConsole } from '../../api/console.ts';
import { runsQuery } from '../../api/queries.ts';

type Way = 'newer' | 'older';

/** Undefined when no list that was read holds the run, null at its end. */
export function neighbour(ids: readonly string[], id: string, way: Way): string | null | undefined {
  const at = ids.indexOf(id);
  return at === -1 ? undefined : (ids[at + (way === 'newer' ? -1 : 1)] ?? null);
}

function readLists(queries: QueryClient): readonly (readonly string[])[] {
  return queries
    .getQueryCache()
    .findAll({ queryKey: ['runs'] })
    .toSorted((one, other) => other.state.dataUpdatedAt - one.state.dataUpdatedAt)
    .flatMap(({ state }) => {
      const data = state.data as InfiniteData<Page<RunSummary>> | undefined;
      return Array.isArray(data?.pages) ? [data.pages.flatMap((page) => page.data.map(({ id }) => id))] : [];
    });
}

export function useOtherRun(id: string): (way: Way) => boolean {
  const { api } = useConsole();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const open = (next: string | null | undefined): void => {
    if (typeof next === 'string') void navigate({ to: '/runs/$id', params: { id: next } });
  };
  return (way) => {
    const known = readLists(queries)
      .map((ids) => neighbour(ids, id, way))
      .find((next) => next !== undefined);
    if (known !== undefined) open(known);
    else
      void queries
        .fetchInfiniteQuery(runsQuery(api, {}))
        .then(({ pages }) =>
          open(
            neighbour(
              pages.flatMap(({ data }) => data.map((run) => run.id)),
              id,
              way,
            ),
          ),
        )
        .catch(() => undefined);
    return true;
  };
}
