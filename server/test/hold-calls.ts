// Holds calls of a run that is at work on a server of another process, and leaves effects of an unknown end, by the code that does so: for
// tests of what shows them. Standard input: one JSON line { data_dir, api_key, run_id, cards, unknown }.
import { createHash } from 'node:crypto';
import type { ApprovalCard } from '@sallyport/contracts';
import { holdCall } from '../src/approvals/approvals.ts';
import type { TenantTx } from '../src/db/db.ts';
import { claimEffect, markUnknown } from '../src/effects/effects.ts';
import { append, lockRun } from '../src/events/events.ts';
import { asId, type RunId } from '../src/ids.ts';
import { inRunningServer, type RunningServer, readAsked } from './running-server.ts';

const TOOL = { kind: 'tool', id: 'gateway' } as const;

async function hold(tx: TenantTx, runId: RunId, card: ApprovalCard, callId: string): Promise<void> {
  const { epoch } = await lockRun(tx, runId, { kind: 'control' });
  const head = await lockRun(tx, runId, { kind: 'worker', epoch });
  const digest = createHash('sha256').update(JSON.stringify(card)).digest('hex');
  const rule = card.why[0]?.code ?? 'none';
  const call = { runId, callId, tool: card.tool, effect: card.effect, rule, digest, card, args: {} };
  const { id, seats, expiresAt } = await holdCall(tx, call);
  const named = { call_id: callId, tool: card.tool, approval_id: id, rule, digest };
  const data = { ...named, approvers: seats, expires_at: expiresAt.toISOString() };
  await append(tx, head, { kind: 'worker', epoch }, [{ type: 'tool.call.held', actor: TOOL, data }]);
}

const asked = await readAsked<
  RunningServer & {
    readonly run_id: string;
    readonly cards: readonly ApprovalCard[];
    readonly unknown: readonly string[];
  }
>();
await inRunningServer(asked, async (db, principal) => {
  const runId = asId<RunId>(asked.run_id);
  for (const [at, card] of asked.cards.entries())
    await db.atomic(principal, (tx) => hold(tx, runId, card, `call_${Date.now()}_${at + 1}`));
  for (const key of asked.unknown)
    await db.atomic(principal, async (tx) => {
      await claimEffect(tx, runId, { key, callId: 'call_8_1', tool: 'mail.send', idempotent: false });
      await markUnknown(tx, runId, key, false);
    });
});
