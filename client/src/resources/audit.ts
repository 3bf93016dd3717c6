import type { AuditRecord, Page } from '@sallyport/contracts';
import type { Transport } from '../transport.ts';
import { exportLines } from './runs.ts';

export interface AuditQuery {
  readonly action?: string | undefined;
  readonly object_id?: string | undefined;
  /** `seq` of the oldest record already seen. */
  readonly before?: number | undefined;
  /** 1 to 500; the server's 100 unless told. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Audit {
  /** Every record, newest first. */
  list(query?: AuditQuery): AsyncGenerator<AuditRecord>;
  listPage(query?: AuditQuery): Promise<Page<AuditRecord>>;
  /** The lines of the whole chain, for offline verification. */
  export(signal?: AbortSignal): AsyncGenerator<string>;
}

export function createAudit(transport: Transport): Audit {
  const listPage = ({ signal, ...query }: AuditQuery = {}): Promise<Page<AuditRecord>> =>
    transport.json('v1/audit', { query: { ...query }, signal });
  async function* list(query: AuditQuery = {}): AsyncGenerator<AuditRecord> {
    let { before } = query;
    for (;;) {
      const page = await listPage({ ...query, before });
      yield* page.data;
      const last = page.data.at(-1);
      if (page.next_cursor === null || last === undefined) return;
      before = last.seq;
    }
  }
  return { list, listPage, export: (signal) => exportLines(transport, 'v1/audit/export', signal) };
}
