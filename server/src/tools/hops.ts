// What became of each hop that a call made or was refused: an event of the run, a row beside it, and a line of the log for what was blocked.
// No path, no query, no header.
import type { NewEvent } from '@sallyport/contracts';
import { type Decision, EgressError } from '@sallyport/egress';
import type { Hop } from '../egress/egress.ts';
import type { GatewayContext } from './tool.ts';

const EGRESS = { kind: 'system', id: 'egress' } as const;
const MOST_HOPS = 50;

/** The hops of a call, and what ended it before one began: a limit, or what the text of its URL holds. */
export function hopsOf(decisions: readonly Decision[], url: string | undefined, error?: unknown): Hop[] {
  const hops = decisions.slice(0, MOST_HOPS).map(hopOf);
  if (error instanceof EgressError && url !== undefined && !hops.some(({ verdict }) => verdict === 'block'))
    hops.push(refusedBefore(url, error, hops.length));
  return hops;
}

function hopOf({ verdict, code, rule, hop, host, port, peer, status, ...told }: Decision): Hop {
  return {
    verdict,
    ...(code === undefined ? {} : { code: word(code) }),
    ...(rule === undefined ? {} : { rule: word(rule) }),
    hop,
    host: host.slice(0, 300),
    port,
    ...(peer === undefined || verdict === 'block' ? {} : { address: peer }),
    ...(status === undefined ? {} : { status }),
    bytes: told.encodedBytes,
    dnsMs: told.dnsMs,
    connectMs: told.connectMs,
  };
}

function refusedBefore(text: string, { code }: EgressError, hop: number): Hop {
  const url = URL.parse(text);
  const port = Number(url?.port) || (url?.protocol === 'https:' ? 443 : 80);
  const host = (url?.hostname ?? '').replace(/^\[|\]$|\.$/g, '').slice(0, 300);
  return { verdict: 'block', code, rule: code, hop, host, port, bytes: 0, dnsMs: 0, connectMs: 0 };
}

export function hopEvents(callId: string, hops: readonly Hop[]): NewEvent[] {
  return hops.map((one): NewEvent => {
    const { verdict, code, rule, host, port, hop, status, bytes } = one;
    const place = { call_id: callId, host, port };
    if (verdict === 'block')
      return { type: 'egress.blocked', actor: EGRESS, data: { ...place, rule: word(rule), code: word(code) } };
    return {
      type: 'egress.allowed',
      actor: EGRESS,
      data: {
        ...place,
        hop,
        bytes,
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
      },
    };
  });
}

/** A line for each hop that was blocked, whatever became of the call. */
export function tellBlocked(context: GatewayContext, hops: readonly Hop[]): void {
  for (const { verdict, code, rule, host, port } of hops)
    if (verdict === 'block') context.blocked({ code: word(code), rule: word(rule), host, port });
}

function word(text: string | undefined): string {
  return text === undefined || text === '' ? 'unknown' : text.slice(0, 200);
}
