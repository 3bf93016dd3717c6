// The built-in tools. Labels: web.scrape reads untrusted public data; artifact.read answers with the label as stored; writes carry the session's.
import { inertLinks } from '@sallyport/flow';
import { openArtifact, storeBlob } from '../artifacts/artifacts.ts';
import { type ArtifactId, asId, isUuid } from '../ids.ts';
import { type ParsedArguments, type Tool, ToolFailure } from './tool.ts';

const MOST_RENDERED = 24_000;
const MOST_DOCUMENT = 10 * 1024 * 1024;

type Arguments = Readonly<Record<string, unknown>>;

function only(args: Arguments, keys: readonly string[]): boolean {
  return Object.keys(args).every((key) => keys.includes(key));
}
function text(value: unknown, most: number): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= most ? value : undefined;
}
function closed(properties: Record<string, unknown>, required: readonly string[]): Record<string, unknown> {
  return { type: 'object', properties, required, additionalProperties: false };
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MOST_DOCUMENT) throw new ToolFailure('too_large', 'The document is too large to be read.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const webScrape: Tool = {
  name: 'web.scrape',
  description:
    'Fetches one stated URL and returns its readable text as Markdown, with title, byline and links. The page is kept as an artifact.',
  effect: 'egress',
  idempotent: true,
  parameters: closed({ url: { type: 'string', maxLength: 4000 } }, ['url']),
  parse: (args) => {
    const url = text(args.url, 4_000);
    return url === undefined || !only(args, ['url']) ? undefined : { url, values: {} };
  },
  run: async ({ url = '' }, services) => {
    const page = await services.egress.readPage(url, {
      signal: services.signal,
      mayStart: services.mayStart,
      headers: {
        accept: 'text/html, text/markdown, text/plain, application/pdf, application/rss+xml, application/atom+xml',
      },
    });
    if (page.status >= 400)
      throw new ToolFailure('http_status', `The server answered with status ${page.status}.`, page.status >= 500);
    const contentType = page.headers['content-type'] ?? 'application/octet-stream';
    const document = await services.parser.read({
      bytes: page.body,
      contentType,
      url: page.by === 'direct' ? page.url : url,
      key: services.scope.tenantId,
    });
    const blob = await storeBlob(services.blobs, services.scope, [page.body], MOST_DOCUMENT);
    const label = { integrity: 'untrusted', confidentiality: 'public', sources: [url] } as const;
    return {
      fields: {
        url,
        status: page.status,
        title: document.title,
        byline: document.byline,
        word_count: document.wordCount,
        mode: document.mode,
        truncated: document.truncated || document.markdown.length > MOST_RENDERED,
        links: document.links.slice(0, 50),
      },
      content: { source: url, text: document.markdown.slice(0, MOST_RENDERED) },
      label,
      bytes: page.body.length,
      artifact: {
        blob,
        row: { name: 'page', mediaType: (contentType.split(';')[0] ?? '').slice(0, 100), dataClass: 'page', ...label },
      },
    };
  },
};

const artifactRead: Tool = {
  name: 'artifact.read',
  description: 'Reads a document that the input names or that this run made, as text, from an offset in characters.',
  effect: 'read',
  idempotent: true,
  parameters: closed({ artifact_id: { type: 'string' }, offset: { type: 'integer', minimum: 0 } }, ['artifact_id']),
  parse: (args) => {
    const artifactId = text(args.artifact_id, 36);
    const offset = args.offset ?? 0;
    if (
      artifactId === undefined ||
      !isUuid(artifactId) ||
      !Number.isSafeInteger(offset) ||
      Number(offset) < 0 ||
      !only(args, ['artifact_id', 'offset'])
    )
      return undefined;
    return { artifactId, values: { offset } };
  },
  run: async ({ artifactId = '', values }, services) => {
    const { artifact, content } = await openArtifact(services.scope, services.blobs, asId<ArtifactId>(artifactId));
    const read = await services.parser.read({
      bytes: await collect(content),
      contentType: artifact.media_type,
      key: services.scope.tenantId,
    });
    const offset = Number(values.offset);
    const part = read.markdown.slice(offset, offset + MOST_RENDERED);
    return {
      fields: {
        artifact_id: artifact.id,
        title: read.title,
        word_count: read.wordCount,
        media_type: artifact.media_type,
        pages: read.pages,
        offset,
        cut: offset + part.length < read.markdown.length,
      },
      content: { source: artifact.id, text: part },
      label: { integrity: artifact.integrity, confidentiality: artifact.confidentiality, sources: [artifact.id] },
      bytes: artifact.bytes,
    };
  },
};

const artifactWrite: Tool = {
  name: 'artifact.write',
  description: 'Stores a text as an artifact of this run. Links that the task did not state are written as plain text.',
  effect: 'write',
  idempotent: true,
  parameters: closed(
    {
      name: { type: 'string', maxLength: 200 },
      media_type: { enum: ['text/markdown', 'text/plain'] },
      content: { type: 'string', maxLength: 200_000 },
    },
    ['name', 'media_type', 'content'],
  ),
  parse: (args) => {
    const name = text(args.name, 200)?.replace(/[^\p{L}\p{N}._ -]/gu, '_');
    const content = text(args.content, 200_000);
    const known = args.media_type === 'text/markdown' || args.media_type === 'text/plain';
    return name === undefined || content === undefined || !known || !only(args, ['name', 'media_type', 'content'])
      ? undefined
      : { values: { name, media_type: args.media_type, content } };
  },
  run: async ({ values }, services) => {
    const inert = inertLinks(String(values.content), services.allowedLinks);
    const bytes = Buffer.from(inert.text.toWellFormed(), 'utf8');
    const blob = await storeBlob(services.blobs, services.scope, [bytes]);
    return {
      fields: { name: values.name, inert_links: inert.removed },
      label: { integrity: 'trusted', confidentiality: 'public', sources: [] },
      bytes: bytes.length,
      artifact: {
        blob,
        row: {
          name: String(values.name),
          mediaType: String(values.media_type),
          dataClass: 'artifact',
          ...services.session,
        },
      },
    };
  },
};

const entitySave: Tool = {
  name: 'entity.save',
  description: 'Saves one typed finding. `type` is name@version; `evidence` names artifacts of this run or its input.',
  effect: 'write',
  idempotent: true,
  parameters: closed({ type: { type: 'string' }, attributes: { type: 'object' }, evidence: { type: 'string' } }, [
    'type',
    'attributes',
  ]),
  parse: (args): ParsedArguments | undefined => {
    const entityType = text(args.type, 100);
    const { attributes, evidence } = args;
    const plain = attributes !== null && typeof attributes === 'object' && !Array.isArray(attributes);
    if (entityType === undefined || !plain || !only(args, ['type', 'attributes', 'evidence'])) return undefined;
    if (evidence !== undefined && (typeof evidence !== 'string' || !isUuid(evidence))) return undefined;
    return { entityType, ...(evidence === undefined ? {} : { artifactId: evidence }), values: { attributes } };
  },
  run: async ({ entityType = '', artifactId, values }, services) => ({
    fields: { type: entityType },
    label: { integrity: 'trusted', confidentiality: 'public', sources: [] },
    bytes: 0,
    entity: {
      reference: entityType,
      attributes: values.attributes as Record<string, unknown>,
      evidence: artifactId === undefined ? [] : [artifactId],
      ...services.session,
    },
  }),
};

export const BUILT_IN_TOOLS: readonly Tool[] = [webScrape, artifactRead, artifactWrite, entitySave];
