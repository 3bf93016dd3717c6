// Writes what became of a call: rows, ledger and events in one transaction under the run's row lock, all of it or nothing.
import type { NewEvent } from '@sallyport/contracts';
import { joinLabels } from '@sallyport/flow';
import { insertArtifact, type NewArtifact, storeBlob } from '../artifacts/artifacts.ts';
import type { TenantTx } from '../db/db.ts';
import { claimEffect, settleEffect } from '../effects/effects.ts';
import { saveEntity } from '../entities/entities.ts';
import { append, lockRun } from '../events/events.ts';
import { type ArtifactId, type EntityId, newId } from '../ids.ts';
import type { ToolRequest } from '../prompt/prompt.ts';
import { recordUsage } from '../runs/runs.ts';
import { type Rendering, render } from './rendering.ts';
import type { GatewayContext, Tool, ToolOutput } from './tool.ts';

/** A rendering above this rests in an artifact; the event carries its reference (DESIGN, life of a run). */
const MOST_INLINE = 4_096;

export interface Attempt {
  readonly tool: Tool;
  readonly request: ToolRequest;
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

/** Claims the effect and writes `tool.call.started` in one transaction, before anything happens. Undefined when it may not be begun. */
export async function start(context: GatewayContext, tool: Tool, request: ToolRequest): Promise<Attempt | undefined> {
  const { runId, epoch } = context.principal;
  const appender = { kind: 'worker', epoch } as const;
  const key = effectKey(context, request);
  const actor = { kind: 'tool', id: tool.name } as const;
  const named = { call_id: request.callId, tool: tool.name };
  const begun = await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, runId, appender);
    const claim = await claimEffect(tx, runId, { key, callId: request.callId, tool: tool.name, idempotent: true });
    if (!claim.claimed) {
      const error = {
        code: 'effect_unknown',
        message: 'It is not known whether the effect took place; a person decides.',
      };
      await append(tx, head, appender, [
        { type: 'tool.call.failed', actor, data: { ...named, error, retryable: false } },
      ]);
      return undefined;
    }
    const first = claim.attempt === 1;
    if (first) await recordUsage(tx, runId, { tokens: 0, cost: '0', calls: 1 });
    // Beginning again is no progress: takeovers in the middle of one call are counted, and poison the step.
    await append(
      tx,
      head,
      appender,
      [{ type: 'tool.call.started', actor, data: { ...named, effect_key: key, attempt: claim.attempt } }],
      { progress: first },
    );
    return claim.attempt;
  });
  context.touched();
  return begun === undefined ? undefined : { tool, request, key, attempt: begun };
}

/** One key for a call, however often it is begun. Without the ledger every beginning is a new one. */
function effectKey(context: GatewayContext, request: ToolRequest): string {
  const key = `call:${request.callId}`;
  return context.doors.ledger ? key : `${key}:${newId()}`;
}

/** Stores what a finished call made and writes its events. */
export async function complete(
  context: GatewayContext,
  done: Attempt,
  output: ToolOutput,
  { durationMs, before }: { readonly durationMs: number; readonly before: readonly NewEvent[] },
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
  const events: NewEvent[] = [...before];
  await record(context, events, async (tx) => {
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
