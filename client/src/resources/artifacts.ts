import type { Artifact, Page } from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export interface Upload {
  /** File name that people see. */
  readonly name: string;
  readonly mediaType: string;
  /** A `Blob` or bytes where possible: their length is known before the first byte leaves. 64 MiB at most. */
  readonly content: Blob | Uint8Array | ReadableStream<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface ArtifactQuery extends PageQuery {
  readonly run_id?: string | undefined;
}

export interface Artifacts {
  upload(upload: Upload): Promise<Artifact>;
  get(id: string, signal?: AbortSignal): Promise<Artifact>;
  list(query?: ArtifactQuery): AsyncGenerator<Artifact>;
  listPage(query?: ArtifactQuery): Promise<Page<Artifact>>;
  /** The bytes as they were stored. They come from outside: show them as text or save them, never run them. */
  content(id: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  delete(id: string): Promise<void>;
}

const UPLOAD_MS = 600_000;

export function createArtifacts(transport: Transport): Artifacts {
  const path = (id: string, rest = ''): string => `v1/artifacts/${segment(id)}${rest}`;
  const page = ({ signal, ...query }: ArtifactQuery): Promise<Page<Artifact>> =>
    transport.json('v1/artifacts', { query: { ...query }, signal });
  return {
    upload: ({ name, mediaType, content, signal }) =>
      transport.json('v1/artifacts', {
        method: 'POST',
        body: content,
        signal,
        timeoutMs: UPLOAD_MS,
        headers: { 'content-type': mediaType, 'content-disposition': disposition(name) },
      }),
    get: (id, signal) => transport.json(path(id), { signal }),
    list: (query = {}) => eachOf(query, page),
    listPage: (query = {}) => page(query),
    content: async (id, signal) => {
      const response = await transport.open(path(id, '/content'), { headers: { accept: '*/*' }, signal });
      return response.body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
    delete: async (id) => {
      await transport.json(path(id), { method: 'DELETE' });
    },
  };
}

/** RFC 6266 with the extended form of RFC 8187; a plain form beside it for readers that know only that. */
function disposition(name: string): string {
  const plain = name.toWellFormed().replace(/[^\w .()-]/g, '_');
  const extended = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${extended}`;
}
