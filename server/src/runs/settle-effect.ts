// A person says what became of an unknown effect: ledger, event, note and audit record in one transaction, and the run goes on.
import type { Effect, NewEvent, ResolveEffect } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import type { TenantTx } from '../db/db.ts';
import { resolveEffect } from '../effects/effects.ts';
import { append, lockRun } from '../events/events.ts';
import type { RunId, UserId } from '../ids.ts';
import { wakeRun } from './hold-run.ts';

const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'waiting']);

/** Throws `not_found`, `already_decided`, `too_early`. Of a run that has ended only the ledger and the audit log are written. */
export async function settleUnknown(
  tx: TenantTx,
  runId: RunId,
  key: string,
  said: { readonly by: UserId } & ResolveEffect,
): Promise<Effect> {
  const control = { kind: 'control' } as const;
  const head = await lockRun(tx, runId, control);
  const effect = await resolveEffect(tx, runId, key, said);
  await recordAct(tx, {
    action: 'effect.resolved',
    object: { kind: 'run', id: runId },
    detail: { effect_key: key, tool: effect.tool, outcome: said.outcome },
  });
  if (!OPEN.has(head.status)) return effect;
  const actor = { kind: 'user', id: said.by } as const;
  const events: NewEvent[] = [
    {
      type: 'human.message',
      actor,
      data: { author: said.by, about: `effect ${key}`.slice(0, 200), parts: [{ kind: 'text', text: said.note }] },
    },
    { type: 'effect.settled', actor, data: { effect_key: key, outcome: said.outcome, by: said.by } },
  ];
  await append(tx, head, control, events);
  await wakeRun(tx, runId);
  return effect;
}
