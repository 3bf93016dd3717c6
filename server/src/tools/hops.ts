// One event for each hop that a call made or was refused: where, by which rule, how it ended. No path, no query, no header.
import type { NewEvent } from '@sallyport/contracts';
import type { Decision, EgressError } from '@sallyport/egress';

const EGRESS = { kind: 'system', id: 'egress' } as const;
const MOST_HOPS = 50;

export function hopEvents(callId: string, decisions: readonly Decision[]): NewEvent[] {
  return decisions.slice(0, MOST_HOPS).map((decision): NewEvent => {
    const { verdict, code, host, port, hop, status, encodedBytes } = decision;
    const place = { call_id: callId, host: host.slice(0, 300), port };
    if (verdict === 'block')
      return { type: 'egress.blocked', actor: EGRESS, data: { ...place, rule: word(decision.rule), code: word(code) } };
    return {
      type: 'egress.allowed',
      actor: EGRESS,
      data: {
        ...place,
        hop,
        bytes: encodedBytes,
        ...(status === undefined ? {} : { status }),
        ...(code === undefined ? {} : { code }),
      },
    };
  });
}

/** What was refused before a hop began: by a limit, or for what the text of the URL holds. */
export function refusedBefore(callId: string, text: string, error: EgressError): NewEvent {
  const url = URL.parse(text);
  const port = Number(url?.port) || (url?.protocol === 'https:' ? 443 : 80);
  const data = { call_id: callId, host: (url?.hostname ?? '').slice(0, 300), port, rule: error.code, code: error.code };
  return { type: 'egress.blocked', actor: EGRESS, data };
}

function word(text: string | undefined): string {
  return text === undefined || text === '' ? 'unknown' : text.slice(0, 200);
}
