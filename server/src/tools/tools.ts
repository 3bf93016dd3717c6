// Owns the gateway: the one way from a model's request to an effect.
// Promises the order permit, claim, run, sanitise, label, record; a finished call is replayed, a refused one never begins.
// Must never run a tool that the grant does not hold, nor let a tool write the log.

import type { NewEvent } from '@sallyport/contracts';
import { EgressError } from '@sallyport/egress';
import { decideGrant, joinLabels, type Label, normalizeUrl, sanitize, wrapUntrusted } from '@sallyport/flow';
import { insertArtifact } from '../artifacts/artifacts.ts';
import type { Database, TenantTx } from '../db/db.ts';
import { claimEffect, settleEffect } from '../effects/effects.ts';
import { saveEntity } from '../entities/entities.ts';
import { Fault } from '../errors.ts';
import { append, lockRun } from '../events/events.ts';
import { ParseError } from '../parse/parse.ts';
import type { RunPrincipal } from '../principal.ts';
import type { ToolRequest } from '../prompt/prompt.ts';
import type { RunGrant } from '../runs/runs.ts';
import { BUILT_IN_TOOLS } from './built-in.ts';
import { type Tool, ToolFailure, type ToolOutput, type ToolServices } from './tool.ts';

export interface GatewayContext {
  readonly db: Database;
  readonly principal: RunPrincipal;
  readonly grant: RunGrant;
  /** Calls of each tool that this run made already. */
  readonly used: ReadonlyMap<string, number>;
  readonly minted: ReadonlySet<string>;
  readonly services: Omit<ToolServices, 'scope' | 'runId'>;
}

export function grantedTools(grant: RunGrant): Tool[] {
  return BUILT_IN_TOOLS.filter((tool) => grant.tools.some((entry) => entry.tool === tool.name));
}

export function effectOf(name: string): string {
  return BUILT_IN_TOOLS.find((tool) => tool.name === name)?.effect ?? 'unknown';
}

/** Decides, runs and records one requested call. Answers only after its outcome is in the journal. */
export async function callTool(context: GatewayContext, request: ToolRequest): Promise<void> {
  const { principal } = context;
  const tool = BUILT_IN_TOOLS.find((candidate) => candidate.name === request.tool);
  const parsed = tool?.parse(request.arguments);
  const actor = { kind: 'tool', id: tool?.name ?? 'unknown' } as const;
  const deny = (reason: string, detail: string): Promise<void> =>
    record(context, [
      {
        type: 'tool.call.denied',
        actor: { kind: 'system', id: 'gateway' },
        data: { call_id: request.callId, tool: request.tool.slice(0, 200), reason, detail },
      },
    ]);
  if (tool === undefined) return deny('unknown_tool', 'There is no such tool.');
  if (parsed === undefined) return deny('bad_arguments', 'The arguments do not fit the tool.');
  const verdict = decideGrant(
    context.grant,
    {
      tool: tool.name,
      used: context.used.get(tool.name) ?? 0,
      url: parsed.url,
      artifactId: parsed.artifactId,
      entityType: parsed.entityType,
      minted: context.minted,
    },
    normalizeUrl,
  );
  if (verdict.verdict === 'block') return deny(verdict.code, verdict.detail);
  const key = `call:${request.callId}`;
  const attempt = await start(context, tool, request, key);
  if (attempt === undefined) return;
  const began = performance.now();
  try {
    const output = await tool.run(parsed, {
      ...context.services,
      scope: context.db.tenant(principal),
      runId: principal.runId,
    });
    await complete(context, { tool, request, key, attempt, output, duration: Math.round(performance.now() - began) });
  } catch (error) {
    const failure = explain(error);
    if (failure === undefined) throw error;
    const events: NewEvent[] = [
      {
        type: 'tool.call.failed',
        actor,
        data: {
          call_id: request.callId,
          tool: tool.name,
          error: { code: failure.code, message: failure.message },
          retryable: failure.retryable,
        },
      },
    ];
    if (error instanceof EgressError && parsed.url !== undefined) {
      const url = URL.parse(parsed.url);
      events.unshift({
        type: 'egress.blocked',
        actor: { kind: 'system', id: 'egress' },
        data: {
          call_id: request.callId,
          host: url?.hostname ?? '',
          port: Number(url?.port) || 0,
          rule: error.code,
          code: error.code,
        },
      });
    }
    await record(context, events, async (tx) => void (await settleEffect(tx, principal.runId, key, attempt, 'failed')));
  }
}

/** What the model may hear of a failure; undefined for a fault of ours or of the lease, which ends the step. */
function explain(error: unknown): { code: string; message: string; retryable: boolean } | undefined {
  if (error instanceof ToolFailure) return { code: error.code, message: error.message, retryable: error.retryable };
  if (error instanceof EgressError)
    return { code: 'egress', message: error.publicMessage, retryable: error.code === 'timeout' };
  if (error instanceof ParseError)
    return { code: error.code, message: 'The document could not be read.', retryable: false };
  if (error instanceof Fault && (error.code === 'invalid_input' || error.code === 'not_found'))
    return {
      code: error.code,
      message: [error.publicMessage, ...(error.options.fields ?? []).map((field) => `${field.path} ${field.message}`)]
        .join(' ')
        .slice(0, 500),
      retryable: false,
    };
  return undefined;
}

async function record(
  context: GatewayContext,
  events: readonly NewEvent[],
  also?: (tx: TenantTx) => Promise<void>,
): Promise<void> {
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.principal.runId, appender);
    await also?.(tx);
    await append(tx, head, appender, events);
  });
}

/** Claims the effect and writes `tool.call.started` in one transaction, before anything happens. */
async function start(
  context: GatewayContext,
  tool: Tool,
  request: ToolRequest,
  key: string,
): Promise<number | undefined> {
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  return context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.principal.runId, appender);
    const claim = await claimEffect(tx, context.principal.runId, {
      key,
      callId: request.callId,
      tool: tool.name,
      idempotent: true,
    });
    const actor = { kind: 'tool', id: tool.name } as const;
    if (claim.claimed) {
      // A poisoned step is counted by takeovers: beginning it again is no progress.
      await append(
        tx,
        head,
        appender,
        [
          {
            type: 'tool.call.started',
            actor,
            data: { call_id: request.callId, tool: tool.name, effect_key: key, attempt: claim.attempt },
          },
        ],
        { progress: claim.attempt === 1 },
      );
      return claim.attempt;
    }
    await append(tx, head, appender, [
      {
        type: 'tool.call.failed',
        actor,
        data: {
          call_id: request.callId,
          tool: tool.name,
          error: {
            code: 'effect_unknown',
            message: 'It is not known whether the effect took place; a person decides.',
          },
          retryable: false,
        },
      },
    ]);
    return undefined;
  });
}

interface Completion {
  readonly tool: Tool;
  readonly request: ToolRequest;
  readonly key: string;
  readonly attempt: number;
  readonly output: ToolOutput;
  readonly duration: number;
}

/** Rows, ledger and events of a finished call in one transaction: all of it or nothing. */
async function complete(context: GatewayContext, done: Completion): Promise<void> {
  const { principal } = context;
  const { output, request, tool, key } = done;
  const appender = { kind: 'worker', epoch: principal.epoch } as const;
  const actor = { kind: 'tool', id: tool.name } as const;
  const label: Label = joinLabels(output.label);
  await context.db.atomic(principal, async (tx) => {
    const head = await lockRun(tx, principal.runId, appender);
    const events: NewEvent[] = [];
    const fields: Record<string, unknown> = { ...output.fields };
    let artifactId: string | undefined;
    if (output.artifact !== undefined) {
      const row = await insertArtifact(tx, output.artifact.blob, {
        ...output.artifact.row,
        runId: principal.runId,
        effectKey: key,
      });
      artifactId = row.id;
      fields.artifact_id = row.id;
      events.push({
        type: 'artifact.created',
        actor,
        data: {
          artifact_id: row.id,
          media_type: row.media_type,
          bytes: row.bytes,
          sha256: row.sha256,
          data_class: row.data_class,
        },
      });
    }
    if (output.entity !== undefined) {
      const entity = await saveEntity(tx, { ...output.entity, runId: principal.runId, effectKey: key });
      fields.entity_id = entity.id;
      events.push({
        type: 'entity.extracted',
        actor,
        data: {
          entity_id: entity.id,
          type: entity.type,
          version: entity.version,
          attributes: { ...entity.attributes },
          evidence: [...entity.evidence],
        },
      });
    }
    const clean = output.content === undefined ? undefined : sanitize(output.content.text);
    const rendering = sanitizeFields(fields);
    if (output.content !== undefined && clean !== undefined)
      rendering.content = wrapUntrusted({ source: output.content.source, label, text: clean.text });
    events.push({
      type: 'tool.call.completed',
      actor,
      data: {
        call_id: request.callId,
        tool: tool.name,
        rendering: JSON.stringify(rendering),
        ...(artifactId === undefined ? {} : { artifact_id: artifactId }),
        bytes: output.bytes,
        duration_ms: done.duration,
        label: { integrity: label.integrity, confidentiality: label.confidentiality },
        findings: (clean?.findings ?? []).reduce((sum, finding) => sum + finding.count, 0),
      },
    });
    await settleEffect(tx, principal.runId, key, done.attempt, 'done');
    await append(tx, head, appender, events);
  });
}

/** Titles, links and names come from outside too: every string is sanitised and cut. */
function sanitizeFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const clean = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return sanitize(value.slice(0, 4_000)).text;
    if (Array.isArray(value) && depth < 4) return value.map((item) => clean(item, depth + 1));
    if (value !== null && typeof value === 'object' && depth < 4)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clean(item, depth + 1)]));
    return value;
  };
  return clean(fields, 0) as Record<string, unknown>;
}
