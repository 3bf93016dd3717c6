// A reader of event streams that says what came, and a run that grows as its worker would make it.
import type { NewEvent } from '@sallyport/contracts';
import { append, lockRun } from '../../src/events/events.ts';
import { asId, newId, type RunId, type WorkerId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import type { Api } from './api.ts';

export interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
}

export interface Reading {
  readonly status: number;
  readonly messages: readonly Message[];
  /** False when the reader had enough. */
  readonly ended: boolean;
}

function parseBlock(block: string): Message {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  return fields;
}

/** Reads until `enough` says so of all that came, or the stream ends. */
export async function readStream(
  url: string,
  headers: Readonly<Record<string, string>>,
  enough: (messages: readonly Message[]) => boolean = () => false,
): Promise<Reading> {
  const stop = new AbortController();
  const response = await fetch(url, { signal: stop.signal, headers });
  const messages: Message[] = [];
  if (response.status !== 200 || response.body === null) return { status: response.status, messages, ended: true };
  let rest = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      messages.push(...blocks.map(parseBlock));
      if (!enough(messages)) continue;
      stop.abort();
      return { status: 200, messages, ended: false };
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return { status: 200, messages, ended: true };
}

/** Appends two events a step, and tells the nodes by way of one of them. */
export async function growRun(api: Api, tenant: string, run: string, steps: number, node = 0): Promise<void> {
  const id = asId<RunId>(run);
  const principal = mintPrincipal({ kind: 'run', tenantId: asId(tenant), runId: id, epoch: 1n });
  await api.database.admin("update app.runs set status = 'running', epoch = 1 where id = $1", [run]);
  const appender = { kind: 'worker', epoch: 1n } as const;
  const actor = { kind: 'system', id: `worker:${newId<WorkerId>()}` } as const;
  for (let step = 0; step < steps; step++) {
    const events: NewEvent[] = [
      { type: 'step.started', actor, data: { step, name: 'read' } },
      { type: 'step.completed', actor, data: { step, status: 'ok' } },
    ];
    await api.database.worker.atomic(principal, async (tx) =>
      append(tx, await lockRun(tx, id, appender), appender, events),
    );
    api.nodes[node]?.signals.touched(id);
  }
}
