// A file of the console: named by its content, so it may be kept for ever.
import { fault } from '../../errors.ts';
import type { Answer } from '../message/answer.ts';
import type { ConsoleFile, ConsoleFiles, Encoding } from './files.ts';

/** Rules for a worker, which takes its policy from its own answer; for everything else they change nothing. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

export interface AssetRequest {
  readonly name: string;
  readonly acceptEncoding: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** The best form that the caller accepts (RFC 9110 section 12.5.3); a weight of nought forbids. */
function chooseEncoding(file: ConsoleFile, accepted: string | undefined): Encoding | undefined {
  const allowed = new Set<string>();
  for (const item of (accepted ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    if (!parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter))) allowed.add(coding);
  }
  return (['br', 'gzip'] as const).find((coding) => allowed.has(coding) && file.encoded[coding] !== undefined);
}

function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

export function assetAnswer(files: ConsoleFiles, request: AssetRequest): Answer {
  const file = files.assets.get(request.name);
  if (file === undefined) throw fault('not_found');
  const encoding = chooseEncoding(file, request.acceptEncoding);
  // Each form has bytes of its own, and so a tag of its own.
  const etag = `"${file.digest.slice(0, 32)}${encoding === undefined ? '' : `-${encoding}`}"`;
  const headers = {
    etag,
    vary: 'accept-encoding',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-security-policy': POLICY,
  };
  if (matches(request.ifNoneMatch, etag)) return { status: 304, headers };
  const bytes = (encoding === undefined ? undefined : file.encoded[encoding]) ?? file.plain;
  const form = encoding === undefined ? {} : { 'content-encoding': encoding };
  return { status: 200, headers: { ...headers, ...form, 'content-type': file.type }, bytes };
}
