// Appends many events to a run that is at work on a server of another process, by the code that appends: for tests of what shows them.
// Standard input: one JSON line { data_dir, api_key, run_id, count }.

import type { NewEvent } from '@sallyport/contracts';
import type { TenantTx } from '../src/db/db.ts';
import { append, lockRun } from '../src/events/events.ts';
import { asId, type RunId } from '../src/ids.ts';
import { inRunningServer, type RunningServer, readAsked } from './running-server.ts';

const BATCH = 500;
const AGENT = { kind: 'agent', id: 'loop' } as const;
const TOOL = { kind: 'tool', id: 'web.scrape' } as const;

/** The events of one step, again and again. */
function eventAt(at: number): NewEvent {
  const step = Math.floor(at / 6) + 1;
  const call = { call_id: `call_${step}_1`, tool: 'web.scrape' };
  const text = `Step ${step}: ${'reading on. '.repeat((step % 7) + 1)}`;
  const cycle: readonly NewEvent[] = [
    { type: 'step.started', actor: AGENT, data: { step, name: 'model' } },
    {
      type: 'model.message',
      actor: AGENT,
      data: { step, role: 'assistant', parts: [{ kind: 'text', text }], finish_reason: 'tool-calls' },
    },
    { type: 'step.completed', actor: AGENT, data: { step, status: 'completed' } },
    { type: 'tool.call.started', actor: TOOL, data: { ...call, effect_key: `call:${call.call_id}`, attempt: 1 } },
    {
      type: 'egress.blocked',
      actor: TOOL,
      data: { call_id: call.call_id, host: 'a.test', port: 443, rule: 'dns', code: 'dns' },
    },
    {
      type: 'tool.call.failed',
      actor: TOOL,
      data: { ...call, error: { code: 'egress', message: 'The address could not be reached.' }, retryable: false },
    },
  ];
  const event = cycle[at % cycle.length];
  if (event === undefined) throw new RangeError('no such event');
  return event;
}

async function fill(tx: TenantTx, runId: RunId, from: number, count: number): Promise<void> {
  const { epoch } = await lockRun(tx, runId, { kind: 'control' });
  const head = await lockRun(tx, runId, { kind: 'worker', epoch });
  const events = Array.from({ length: count }, (_, at) => eventAt(from + at));
  await append(tx, head, { kind: 'worker', epoch }, events);
}

const asked = await readAsked<RunningServer & { readonly run_id: string; readonly count: number }>();
await inRunningServer(asked, async (db, principal) => {
  for (let from = 0; from < asked.count; from += BATCH)
    await db.atomic(principal, (tx) => fill(tx, asId(asked.run_id), from, Math.min(BATCH, asked.count - from)));
});
