// What of an artifact may be shown, and its bytes in a form that nothing runs: text, or a picture in a data address.
import type { Artifact } from '@sallyport/contracts';

export type Preview = 'text' | 'picture' | 'large' | 'none';

const MOST_TEXT = 1024 * 1024;
const MOST_PICTURE = 4 * 1024 * 1024;
/** SVG is not among them: it is markup. */
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
const TEXTS: ReadonlySet<string> = new Set([
  'application/json',
  'application/xml',
  'application/x-ndjson',
  'image/svg+xml',
]);

export function previewOf({ media_type: type, bytes }: Pick<Artifact, 'media_type' | 'bytes'>): Preview {
  if (PICTURES.has(type)) return bytes > MOST_PICTURE ? 'large' : 'picture';
  if (type.startsWith('text/') || TEXTS.has(type)) return bytes > MOST_TEXT ? 'large' : 'text';
  return 'none';
}

export async function readPreview(kind: Preview, type: string, content: ReadableStream<Uint8Array>): Promise<string> {
  const blob = await new Response(content).blob();
  if (kind === 'text') return blob.text();
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return `data:${type};base64,${btoa(binary)}`;
}
