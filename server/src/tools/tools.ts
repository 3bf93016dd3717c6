// Owns the gateway: the one way from a model's request to an effect.
// Promises the order permit, claim, run, sanitise, label, record; a finished call is replayed, a refused one never begins.
// Must never run a tool that the grant does not hold, nor let a tool write the log.
import { type Decision, EgressError } from '@sallyport/egress';
import { decideGrant, type GrantVerdict, normalizeUrl } from '@sallyport/flow';
import { settleEffect } from '../effects/effects.ts';
import { govern } from '../egress/egress.ts';
import { Fault } from '../errors.ts';
import { ParseError, type ParseErrorCode } from '../parse/parse.ts';
import type { ToolRequest } from '../prompt/prompt.ts';
import type { RunGrant } from '../runs/runs.ts';
import { BUILT_IN_TOOLS } from './built-in.ts';
import { hopEvents, refusedBefore } from './hops.ts';
import { type Attempt, complete, record, start } from './record.ts';
import { type GatewayContext, type ParsedArguments, type Tool, ToolFailure } from './tool.ts';

export type { GatewayContext, Tool } from './tool.ts';

export function grantedTools(grant: RunGrant): Tool[] {
  return BUILT_IN_TOOLS.filter((tool) => grant.tools.some((entry) => entry.tool === tool.name));
}

/** Every tool of this release, for listings. */
export function listTools(): readonly Tool[] {
  return BUILT_IN_TOOLS;
}

export function effectOf(name: string): string {
  return BUILT_IN_TOOLS.find((tool) => tool.name === name)?.effect ?? 'unknown';
}

type Permit =
  | { readonly ok: true; readonly tool: Tool; readonly args: ParsedArguments }
  | { readonly ok: false; readonly reason: string; readonly detail: string };

/** Pure: may this call begin? Nothing that a tool returned is asked. */
function permit(context: GatewayContext, request: ToolRequest): Permit {
  const refuse = (reason: string, detail: string): Permit => ({ ok: false, reason, detail });
  const tool = BUILT_IN_TOOLS.find((candidate) => candidate.name === request.tool);
  if (tool === undefined) return refuse('unknown_tool', 'There is no such tool.');
  const args = tool.parse(request.arguments);
  if (args === undefined) return refuse('bad_arguments', 'The arguments do not fit the tool.');
  const grant = context.doors.grant ? granted(context, tool, args) : ALLOWED;
  if (grant.verdict === 'block') return refuse(grant.code, grant.detail);
  const justified = context.doors.provenance ? decideProvenance(context, args) : ALLOWED;
  if (justified.verdict === 'block') return refuse(justified.code, justified.detail);
  return { ok: true, tool, args };
}

const ALLOWED = { verdict: 'allow' } as const;

/** The outer door: tools, counts and targets that were fixed before the run read anything. */
function granted(context: GatewayContext, tool: Tool, args: ParsedArguments): GrantVerdict {
  return decideGrant(
    context.grant,
    {
      tool: tool.name,
      used: context.used.get(tool.name) ?? 0,
      url: args.url,
      artifactId: args.artifactId,
      entityType: args.entityType,
      minted: context.minted,
    },
    normalizeUrl,
  );
}

/** The inner door: a target is stated by a person, or minted by the platform in this run (R9, R9a, R9b). The grant is not asked. */
function decideProvenance(context: GatewayContext, args: ParsedArguments): GrantVerdict {
  const { stated, minted } = context;
  const url = args.url === undefined ? undefined : normalizeUrl(args.url);
  if (args.url !== undefined && (url === undefined || !stated.urls.has(url)))
    return { verdict: 'block', code: 'target_not_justified', detail: 'No person stated this URL.' };
  if (args.artifactId !== undefined && !stated.artifacts.has(args.artifactId) && !minted.has(args.artifactId))
    return { verdict: 'block', code: 'target_not_justified', detail: 'No person named this artifact.' };
  return ALLOWED;
}

/** Decides, runs and records one requested call. Answers only after its outcome is in the journal. */
export async function callTool(context: GatewayContext, request: ToolRequest): Promise<void> {
  const permitted = permit(context, request);
  if (!permitted.ok) {
    const { reason, detail } = permitted;
    const data = { call_id: request.callId, tool: request.tool, reason, detail };
    return record(context, [{ type: 'tool.call.denied', actor: { kind: 'system', id: 'gateway' }, data }]);
  }
  const { tool, args } = permitted;
  const attempt = await start(context, tool, request);
  if (attempt === undefined) return;
  const began = performance.now();
  const { ways, ...services } = context.services;
  const egress = govern(ways, context.db, context.principal, tool.name);
  try {
    const output = await tool.run(args, {
      ...services,
      egress,
      scope: context.db.tenant(context.principal),
      runId: context.principal.runId,
    });
    const hops = hopEvents(request.callId, egress.decisions);
    await complete(context, attempt, output, { durationMs: Math.round(performance.now() - began), before: hops });
  } catch (error) {
    const failure = explain(error);
    // The lease or the process is ending: the call stays begun, and its next owner begins it again under the same key.
    if (failure === undefined || context.services.signal.aborted) throw error;
    await recordFailure(context, attempt, { args, decisions: egress.decisions }, failure, error);
  }
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

async function recordFailure(
  context: GatewayContext,
  { tool, request, key, attempt }: Attempt,
  { args, decisions }: { readonly args: ParsedArguments; readonly decisions: readonly Decision[] },
  { code, message, retryable }: Failure,
  error: unknown,
): Promise<void> {
  const events = hopEvents(request.callId, decisions);
  if (error instanceof EgressError && args.url !== undefined && !events.some((one) => one.type === 'egress.blocked'))
    events.push(refusedBefore(request.callId, args.url, error));
  const data = { call_id: request.callId, tool: tool.name, error: { code, message }, retryable };
  events.push({ type: 'tool.call.failed', actor: { kind: 'tool', id: tool.name }, data });
  await record(
    context,
    events,
    async (tx) => void (await settleEffect(tx, context.principal.runId, key, attempt, 'failed')),
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
