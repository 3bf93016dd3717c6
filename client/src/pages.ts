import type { Page } from '@sallyport/contracts';
import { SallyportError } from './sallyport-error.ts';

export interface PageQuery {
  /** `next_cursor` of the page before; opaque. */
  readonly cursor?: string | undefined;
  /** 1 to 100; the server's 20 unless told. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Every item of every page, newest first, fetched as it is asked for. */
export async function* eachOf<T, Q extends PageQuery>(
  query: Q,
  fetchPage: (query: Q) => Promise<Page<T>>,
): AsyncGenerator<T> {
  let { cursor } = query;
  for (;;) {
    const page: Page<T> = await fetchPage({ ...query, cursor });
    yield* page.data;
    if (page.next_cursor === null || page.next_cursor === undefined) return;
    // A server that repeats a cursor would keep this loop for ever.
    if (page.next_cursor === cursor) throw new SallyportError('bad_answer', 'The server repeats a page.');
    cursor = page.next_cursor;
  }
}
