// One call from the first hop to the last: every redirect is a full new decision (R13).
import { randomUUID } from 'node:crypto';
import type { Call } from './call.ts';
import { drain, type Sink } from './consumers.ts';
import type { Deadline } from './deadline.ts';
import { EgressError } from './egress-error.ts';
import type { Answer, Choose } from './exchange.ts';
import { type Gate, type Outgoing, passHop } from './hop.ts';
import { takeUrl } from './intake.ts';
import type { Judged } from './judge.ts';
import { acrossOrigins, withoutBody } from './request-headers.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const DRAINED_BYTES = 64 * 1024;
const DRAINED_MS = 1_000;

export interface Arrival<T> {
  readonly status: number;
  readonly answer: Answer;
  /** After redirects. */
  readonly url: string;
  readonly redirected: boolean;
  readonly value: Promise<T>;
}

/** Follows redirects by hand to the answer whose body goes to `open`'s sink. Throws `EgressError` only. */
export async function walk<T>(
  gate: Gate,
  call: Call,
  deadline: Deadline,
  open: (answer: Answer) => Sink<T>,
): Promise<Arrival<T>> {
  const id = randomUUID();
  const seen = new Set<string>();
  let out: Outgoing = { url: call.url, method: call.method, headers: call.headers, body: call.body };
  for (let number = 0; ; number++) {
    let arrived: { answer: Answer; sink: Sink<T> } | undefined;
    let onward: { location: string; drained: Promise<unknown>; cut(): void } | undefined;
    const choose = (): Choose => (answer) => {
      const location = call.redirect === 'manual' ? undefined : locationOf(answer, number);
      if (location !== undefined) {
        const sink = drain(DRAINED_BYTES);
        onward = { location, drained: sink.value, cut: sink.cut };
        return sink;
      }
      checkType(answer, call, number);
      const sink = open(answer);
      arrived = { answer, sink };
      return sink;
    };
    const { status, target } = await passHop(gate, { id, number, call, deadline }, out, choose);
    if (arrived !== undefined) {
      const { answer, sink } = arrived;
      return { status, answer, url: target.url.href, redirected: number > 0, value: sink.value };
    }
    if (onward === undefined) throw new EgressError('connect', 'no answer', number);
    seen.add(`${out.method} ${target.url.href}`);
    if (call.redirect === 'error' || number >= gate.rules.maxRedirects)
      throw new EgressError('redirects', 'a redirect too many', number);
    await within(DRAINED_MS, onward.drained);
    onward.cut();
    out = follow(gate, call, out, target, onward.location, status, number + 1);
    if (seen.has(`${out.method} ${out.url}`)) throw new EgressError('redirects', 'a loop', number + 1);
  }
}

function locationOf(answer: Answer, hop: number): string | undefined {
  if (!REDIRECTS.has(answer.status)) return undefined;
  const { location } = answer.headers;
  if (location === undefined) return undefined;
  if (typeof location !== 'string') throw new EgressError('url', 'more than one location', hop);
  return location;
}

function checkType(answer: Answer, call: Call, hop: number): void {
  if (call.acceptTypes === undefined) return;
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!call.acceptTypes.includes(type)) throw new EgressError('content-type', `content type ${type.slice(0, 60)}`, hop);
}

/** The next request: what a redirect may carry on depends on where it leads. */
function follow(
  gate: Gate,
  call: Call,
  out: Outgoing,
  from: Judged,
  location: string,
  status: number,
  hop: number,
): Outgoing {
  if (/[\u0000-\u001f\u007f]/.test(location) || (location.split(/[?#]/, 1)[0] ?? '').includes('\\'))
    throw new EgressError('url', 'a redirect to something that is not a URL', hop);
  // An absolute location is judged as it was written, since parsing repairs what the intake refuses.
  if (/^[a-z][a-z0-9+.-]*:/i.test(location)) takeUrl(location, gate.rules.schemes, hop);
  const url = URL.parse(location, from.url.href);
  if (url === null) throw new EgressError('url', 'a redirect to something that is not a URL', hop);
  url.hash = '';
  if (from.url.protocol === 'https:' && url.protocol === 'http:' && !gate.rules.allowDowngrade)
    throw new EgressError('scheme', 'a redirect from https to http', hop);
  const toGet =
    (status === 303 && out.method !== 'GET' && out.method !== 'HEAD') ||
    ((status === 301 || status === 302) && out.method === 'POST');
  const next: Outgoing = toGet
    ? { url: url.href, method: 'GET', headers: withoutBody(out.headers), body: undefined }
    : { ...out, url: url.href };
  if (url.origin === from.url.origin) return next;
  if (call.sameOrigin) throw new EgressError('origin', 'a redirect to another origin', hop);
  if (next.body !== undefined) throw new EgressError('redirect-body', 'a redirect of a body to another origin', hop);
  return { ...next, headers: acrossOrigins(next.headers) };
}

async function within(milliseconds: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    done,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    }),
  ]);
  clearTimeout(timer);
}
