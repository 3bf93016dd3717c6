// Writes what became of a call: rows, ledger and events in one transaction under the run's row lock, all of it or nothing.
import type { EventData, NewEvent } from '@sallyport/contracts';
import { joinLabels } from '@sallyport/flow';
import { approvalStanding, spendApproval, voidApprovals } from '../approvals/approvals.ts';
import { insertArtifact, type NewArtifact, storeBlob } from '../artifacts/artifacts.ts';
import type { TenantTx } from '../db/db.ts';
import { type ClaimResult, claimEffect, markUnknown, settleEffect } from '../effects/effects.ts';
import { type Hop, recordDecisions } from '../egress/egress.ts';
import { saveEntity } from '../entities/entities.ts';
import { append, lockRun } from '../events/events.ts';
import { type ArtifactId, type EntityId, newId } from '../ids.ts';
import { recordUsage } from '../runs/runs.ts';
import { hopEvents } from './hops.ts';
import { type Rendering, render } from './rendering.ts';
import type { CallRequest, GatewayContext, Tool, ToolOutput } from './tool.ts';

/** A rendering above this rests in an artifact; the event carries its reference (DESIGN, life of a run). */
const MOST_INLINE = 4_096;

export interface Attempt {
  readonly tool: Tool;
  readonly request: CallRequest;
  readonly key: string;
  readonly attempt: number;
}

/** Appends events, and what belongs to them, under the present epoch. */
export async function record(
  context: GatewayContext,
  events: readonly NewEvent[],
  also?: (tx: TenantTx) => Promise<void>,
): Promise<void> {
  const { runId, epoch } = context.principal;
  const appender = { kind: 'worker', epoch } as const;
  await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, runId, appender);
    await also?.(tx);
    await append(tx, head, appender, events);
  });
  context.touched();
}

/** The same for a call that went out: its hops come before what became of it. */
export async function recordCall(
  context: GatewayContext,
  { tool, request }: Attempt,
  hops: readonly Hop[],
  events: readonly NewEvent[],
  also: (tx: TenantTx) => Promise<void>,
): Promise<void> {
  const { runId } = context.principal;
  await record(context, [...hopEvents(request.callId, hops), ...events], async (tx) => {
    await recordDecisions(tx, { runId, callId: request.callId, tool: tool.name }, hops);
    await also(tx);
  });
}

/**
 * Spends the approval, claims the effect and writes `tool.call.started` in one transaction, before anything happens. Undefined when the
 * call may not be begun: the journal says why.
 */
export async function start(
  context: GatewayContext,
  tool: Tool,
  request: CallRequest,
  told: { readonly decided: EventData<'tool.call.decided'> | undefined; readonly digest: string },
): Promise<Attempt | undefined> {
  const { runId, epoch } = context.principal;
  const appender = { kind: 'worker', epoch } as const;
  const key = effectKey(context, request);
  const begun = await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, runId, appender);
    const spent = await spend(tx, context, request, { effectKey: key, digest: told.digest });
    if (spent !== undefined) {
      await append(tx, head, appender, [spent]);
      return undefined;
    }
    const claim = await claimEffect(tx, runId, {
      key,
      callId: request.callId,
      tool: tool.name,
      idempotent: tool.idempotent,
    });
    if (!claim.claimed) {
      await append(tx, head, appender, [await tellUnclaimed(tx, context, request, { key, claim })]);
      return undefined;
    }
    const first = claim.attempt === 1;
    if (first) await recordUsage(tx, runId, { tokens: 0, cost: '0', calls: 1 });
    const actor = { kind: 'tool', id: tool.name } as const;
    const data = { call_id: request.callId, tool: tool.name, effect_key: key, attempt: claim.attempt };
    // Beginning again is no progress: takeovers in the middle of one call are counted, and poison the step.
    await append(
      tx,
      head,
      appender,
      [...(first ? decisionEvents(told.decided) : []), { type: 'tool.call.started', actor, data }],
      { progress: first },
    );
    return claim.attempt;
  });
  context.touched();
  return begun === undefined ? undefined : { tool, request, key, attempt: begun };
}

export function decisionEvents(decided: EventData<'tool.call.decided'> | undefined): NewEvent[] {
  return decided === undefined
    ? []
    : [{ type: 'tool.call.decided', actor: { kind: 'system', id: 'gateway' }, data: decided }];
}

/** The event that refuses a call whose approval cannot be used; undefined when it was spent, or none was needed, or it is spent already. */
async function spend(
  tx: TenantTx,
  context: GatewayContext,
  request: CallRequest,
  spending: { readonly effectKey: string; readonly digest: string },
): Promise<NewEvent | undefined> {
  const { runId } = context.principal;
  const { approved, callId, started, tool } = request;
  if (approved === undefined || started > 0 || !context.doors.spending) return undefined;
  // Under the digest of what is about to run, not of what the journal says was approved: the two checks ask each other nothing.
  if (await spendApproval(tx, { runId, callId, ...spending })) return undefined;
  const expired = (await approvalStanding(tx, runId, callId)) === 'expired';
  await voidApprovals(tx, runId, callId);
  const reason = expired ? 'approval_expired' : 'approval_void';
  const detail = expired ? 'The approval was not used in time.' : 'The approval is not for this call, or was used.';
  return {
    type: 'tool.call.denied',
    actor: { kind: 'system', id: 'gateway' },
    data: { call_id: callId, tool, reason, detail, by: { kind: 'rule' } },
  };
}

/** A call that was begun before and may not be begun again: its outcome is unknown, and a person says what became of it. */
async function tellUnclaimed(
  tx: TenantTx,
  context: GatewayContext,
  request: CallRequest,
  { key, claim }: { readonly key: string; readonly claim: Extract<ClaimResult, { claimed: false }> },
): Promise<NewEvent> {
  const named = { call_id: request.callId, tool: request.tool };
  if (claim.state !== 'claimed' && claim.state !== 'unknown')
    return {
      type: 'tool.call.failed',
      actor: { kind: 'tool', id: request.tool },
      data: {
        ...named,
        error: { code: 'effect_settled', message: 'The effect was settled without an answer.' },
        retryable: false,
      },
    };
  await markUnknown(tx, context.principal.runId, key, true);
  return {
    type: 'effect.unknown',
    actor: { kind: 'tool', id: request.tool },
    data: { ...named, effect_key: key, reason: 'worker_lost' },
  };
}

/** One key for a call, however often it is begun. Without the ledger every beginning is a new one. */
function effectKey(context: GatewayContext, request: CallRequest): string {
  const key = `call:${request.callId}`;
  return context.doors.ledger ? key : `${key}:${newId()}`;
}

/** Stores what a finished call made and writes its events. */
export async function complete(
  context: GatewayContext,
  done: Attempt,
  output: ToolOutput,
  { durationMs, hops }: { readonly durationMs: number; readonly hops: readonly Hop[] },
): Promise<void> {
  const artifactId = output.artifact === undefined ? undefined : newId<ArtifactId>();
  const entityId = output.entity === undefined ? undefined : newId<EntityId>();
  const label = joinLabels(output.label);
  const rendering = render(output, label, {
    ...(artifactId === undefined ? {} : { artifact_id: artifactId }),
    ...(entityId === undefined ? {} : { entity_id: entityId }),
  });
  const rest = await restRendering(context, done, output, rendering);
  const actor = { kind: 'tool', id: done.tool.name } as const;
  const { runId } = context.principal;
  const events: NewEvent[] = hopEvents(done.request.callId, hops);
  await record(context, events, async (tx) => {
    await recordDecisions(tx, { runId, callId: done.request.callId, tool: done.tool.name }, hops);
    if (output.artifact !== undefined)
      events.push(
        await createArtifact(tx, actor, output.artifact.blob, {
          ...output.artifact.row,
          id: artifactId,
          runId,
          effectKey: done.key,
        }),
      );
    if (rest !== undefined) events.push(await createArtifact(tx, actor, rest.blob, rest.row));
    if (output.entity !== undefined) {
      const entity = await saveEntity(tx, { ...output.entity, id: entityId, runId, effectKey: done.key });
      const { id, type, version, attributes, evidence } = entity;
      events.push({
        type: 'entity.extracted',
        actor,
        data: { entity_id: id, type, version, attributes: { ...attributes }, evidence: [...evidence] },
      });
    }
    events.push({
      type: 'tool.call.completed',
      actor,
      data: {
        call_id: done.request.callId,
        tool: done.tool.name,
        ...(rest === undefined ? { rendering: rendering.text } : { rendering_artifact: rest.row.id }),
        ...(artifactId === undefined ? {} : { artifact_id: artifactId }),
        bytes: output.bytes,
        duration_ms: durationMs,
        label: { integrity: label.integrity, confidentiality: label.confidentiality },
        findings: rendering.findings,
      },
    });
    await settleEffect(tx, runId, done.key, done.attempt, 'done');
  });
}

/** The bytes are on disk before the transaction begins: no row lock waits for a disk. */
async function restRendering(
  context: GatewayContext,
  done: Attempt,
  output: ToolOutput,
  rendering: Rendering,
): Promise<{ blob: Awaited<ReturnType<typeof storeBlob>>; row: NewArtifact & { id: ArtifactId } } | undefined> {
  const bytes = Buffer.from(rendering.text, 'utf8');
  if (bytes.length <= MOST_INLINE) return undefined;
  const scope = context.db.tenant(context.principal);
  const blob = await storeBlob(context.services.blobs, scope, [bytes]);
  const { integrity, confidentiality, sources } = output.label;
  return {
    blob,
    row: {
      id: newId<ArtifactId>(),
      name: 'rendering.json',
      mediaType: 'application/json',
      dataClass: 'rendering',
      integrity,
      confidentiality,
      sources,
      runId: context.principal.runId,
      effectKey: `${done.key}:rendering`,
    },
  };
}

async function createArtifact(
  tx: TenantTx,
  actor: NewEvent['actor'],
  blob: Awaited<ReturnType<typeof storeBlob>>,
  row: NewArtifact,
): Promise<NewEvent> {
  const { id, media_type, bytes, sha256, data_class } = await insertArtifact(tx, blob, row);
  return { type: 'artifact.created', actor, data: { artifact_id: id, media_type, bytes, sha256, data_class } };
}
