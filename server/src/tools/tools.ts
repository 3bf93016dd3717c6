// Owns the gateway: the one way from a model's request to an effect.
// Promises the order permit, claim, run, sanitise, label, record; a finished call is replayed, a refused one never begins.
// Must never run a tool that the grant does not hold, nor let a tool write the log.
import { EgressError } from '@sallyport/egress';
import type { ToolLabels } from '@sallyport/flow';
import { findActions } from '../actions/actions.ts';
import { getPolicy } from '../approvals/approvals.ts';
import type { TenantScope } from '../db/db.ts';
import { markUnknown, settleEffect } from '../effects/effects.ts';
import { govern, type Hop } from '../egress/egress.ts';
import { Fault } from '../errors.ts';
import { ParseError, type ParseErrorCode } from '../parse/parse.ts';
import type { RunGrant } from '../runs/runs.ts';
import { openSecret } from '../secrets/secrets.ts';
import { BUILT_IN_TOOLS } from './built-in.ts';
import { toolOf } from './declared.ts';
import { hold, refuse } from './hold.ts';
import { hopsOf, tellBlocked } from './hops.ts';
import { type Judgement, judge } from './judge.ts';
import { type Attempt, complete, recordCall, start } from './record.ts';
import {
  type CallRequest,
  type GatewayContext,
  OutcomeUnknown,
  type ParsedArguments,
  type Tool,
  ToolFailure,
} from './tool.ts';

export type { CallRequest, GatewayContext, Tool } from './tool.ts';

/** Every tool of this release, for listings. */
export function listTools(): readonly Tool[] {
  return BUILT_IN_TOOLS;
}

/** What a run with this grant may be given: the tools of the release, and those of the tenant's actions that it names. */
export async function loadTools(scope: TenantScope, grant: RunGrant): Promise<readonly Tool[]> {
  const ours = new Set(BUILT_IN_TOOLS.map(({ name }) => name));
  const named = grant.tools.map(({ tool }) => tool).filter((tool) => !ours.has(tool));
  return [...BUILT_IN_TOOLS, ...(await findActions(scope, named)).map(toolOf)];
}

/** Labels of those tools that are not built in. */
export function labelsOf(tools: readonly Tool[]): ToolLabels {
  return Object.fromEntries(tools.flatMap(({ name, label }) => (label === undefined ? [] : [[name, label]])));
}

/** Decides, runs and records one requested call. Answers only after its outcome, or its being held, is in the journal. */
export async function callTool(context: GatewayContext, request: CallRequest): Promise<'held' | 'called'> {
  const policy = await getPolicy(context.db.tenant(context.principal));
  const judged = judge(context, request, policy);
  if (judged.verdict !== 'block' && judged.held !== undefined && request.approved === undefined) {
    const { held, digest, tool, decided } = judged;
    await hold(context, request, { ...held, digest, tool, decided });
    return 'held';
  }
  await begin(context, request, judged);
  return 'called';
}

async function begin(context: GatewayContext, request: CallRequest, judged: Judgement): Promise<void> {
  if (judged.verdict === 'block') return refuse(context, request, judged);
  const { digest, decided, tool, args } = judged;
  // While people thought, the session may have read more, or the tool may have changed: also into one that needs no approval.
  if (context.doors.binding && request.approved !== undefined && request.approved.digest !== digest) {
    const detail = 'Something changed since the approval.';
    return refuse(context, request, { verdict: 'block', reason: 'approval_void', detail, decided });
  }
  const attempt = await start(context, tool, request, { decided, digest });
  if (attempt !== undefined) await run(context, attempt, args);
}

async function run(context: GatewayContext, attempt: Attempt, args: ParsedArguments): Promise<void> {
  const began = performance.now();
  const { tool } = attempt;
  const { ways, ...services } = context.services;
  const egress = govern(ways, context.db, context.principal, tool.name);
  try {
    const scope = context.db.tenant(context.principal);
    const output = await tool.run(args, {
      ...services,
      egress,
      scope,
      openSecret: async (name, place) => {
        const opened = await openSecret(scope, name, place);
        if (opened.found) ways.register(opened.value);
        return opened.found ? opened.value : undefined;
      },
      runId: context.principal.runId,
      effectKey: `${context.principal.runId}:${attempt.key}`,
    });
    const hops = hopsOf(egress.decisions, args.url);
    tellBlocked(context, hops);
    await complete(context, attempt, output, { durationMs: Math.round(performance.now() - began), hops });
  } catch (error) {
    // The lease or the process is ending: the call stays begun. Its next owner begins it again under the same key, or asks a person.
    if (context.services.signal.aborted) throw error;
    const hops = hopsOf(egress.decisions, args.url, error);
    if (error instanceof OutcomeUnknown) return recordUnknown(context, attempt, hops, error.reason);
    const failure = explain(error);
    if (failure === undefined) throw error;
    await recordFailure(context, attempt, hops, failure);
  }
}

async function recordUnknown(
  context: GatewayContext,
  attempt: Attempt,
  hops: readonly Hop[],
  reason: string,
): Promise<void> {
  const { tool, request, key } = attempt;
  const data = { call_id: request.callId, tool: tool.name, effect_key: key, reason };
  tellBlocked(context, hops);
  await recordCall(
    context,
    attempt,
    hops,
    [{ type: 'effect.unknown', actor: { kind: 'tool', id: tool.name }, data }],
    (tx) => markUnknown(tx, context.principal.runId, key, false),
  );
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

async function recordFailure(
  context: GatewayContext,
  attempt: Attempt,
  hops: readonly Hop[],
  { code, message, retryable }: Failure,
): Promise<void> {
  const { tool, request, key } = attempt;
  const data = { call_id: request.callId, tool: tool.name, error: { code, message }, retryable };
  tellBlocked(context, hops);
  await recordCall(
    context,
    attempt,
    hops,
    [{ type: 'tool.call.failed', actor: { kind: 'tool', id: tool.name }, data }],
    async (tx) => void (await settleEffect(tx, context.principal.runId, key, attempt.attempt, 'failed')),
  );
}

/** Constant sentences: nothing of the document is in them. */
const UNREADABLE: Readonly<Record<ParseErrorCode, string>> = {
  unsupported_media_type: 'The document could not be read: its type is not supported.',
  media_type_mismatch: 'The document could not be read: it is not of the type that it claims to be.',
  document_encrypted: 'The document could not be read: it is encrypted.',
  document_broken: 'The document could not be read: it is broken.',
  document_too_large: 'The document could not be read: it is too large.',
  parse_timeout: 'The document could not be read: it took too long.',
  parse_failed: 'The document could not be read.',
  parse_busy: 'The document could not be read: too many documents are waiting.',
};

/** What the model may hear of a failure; undefined for a fault of ours, which ends the step. */
function explain(error: unknown): Failure | undefined {
  if (error instanceof ToolFailure) return { code: error.code, message: error.message, retryable: error.retryable };
  if (error instanceof EgressError)
    return { code: 'egress', message: error.publicMessage, retryable: error.code === 'timeout' };
  if (error instanceof ParseError)
    return { code: error.code, message: UNREADABLE[error.code], retryable: error.code === 'parse_busy' };
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
