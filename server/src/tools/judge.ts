// Decides one request: is there such a tool, does the grant hold it, and whose word is every value. Nothing a tool returned widens anything.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import type { ApprovalCard, ApprovalPolicy, EventData, Reason } from '@sallyport/contracts';
import { decideGrant, type Reason as FlowReason, normalizeUrl } from '@sallyport/flow';
import { askedBy } from '../approvals/approvals.ts';
import { sessionLabel, tellCard, tellReasons } from '../containment/containment.ts';
import type { CallRequest, GatewayContext, ParsedArguments, Tool } from './tool.ts';

export interface Refusal {
  readonly verdict: 'block';
  readonly reason: string;
  readonly detail: string;
  readonly decided: EventData<'tool.call.decided'> | undefined;
}

export type Judgement =
  | Refusal
  | {
      readonly verdict: 'allow' | 'hold';
      readonly tool: Tool;
      readonly args: ParsedArguments;
      readonly decided: EventData<'tool.call.decided'> | undefined;
      /** What an approval of this call is bound to: this session, definition, and every argument. */
      readonly digest: string;
      /** Undefined for a call that needs no approval. */
      readonly held: { readonly card: ApprovalCard; readonly rule: string } | undefined;
    };

/** What a person sees of a tool when he approves a call of it: if it changes, the approval is void. */
export function definitionOf(tool: Tool): string {
  const { name, effect, parameters, idempotent } = tool;
  return digest({ name, effect, parameters, idempotent, declared: tool.declared ?? null });
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalize(value)).digest('hex');
}

export function judge(context: GatewayContext, request: CallRequest, policy: ApprovalPolicy): Judgement {
  const refuse = (reason: string, detail: string): Refusal => ({
    verdict: 'block',
    reason,
    detail,
    decided: undefined,
  });
  const tool = context.tools.find((candidate) => candidate.name === request.tool);
  if (tool === undefined) return refuse('unknown_tool', 'There is no such tool.');
  const args = tool.parse(request.arguments);
  if (args === undefined) return refuse('bad_arguments', 'The arguments do not fit the tool.');
  const granted = context.doors.grant ? decideOuter(context, tool, args) : undefined;
  if (granted !== undefined) return refuse(granted.code, granted.detail);
  if (!context.doors.provenance)
    return { verdict: 'allow', tool, args, digest: definitionOf(tool), decided: undefined, held: undefined };
  return decideInner(context, request, { tool, args, ask: askOf(policy, request, tool) });
}

/** The outer door: tools, counts and targets that were fixed before the run read anything. */
function decideOuter(
  context: GatewayContext,
  tool: Tool,
  args: ParsedArguments,
): { readonly code: string; readonly detail: string } | undefined {
  const verdict = decideGrant(
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
  return verdict.verdict === 'block' ? verdict : undefined;
}

/** A rule of the tenant may have people asked. It never reaches back: a call that was begun is not asked about. */
function askOf(policy: ApprovalPolicy, request: CallRequest, { name, effect }: Tool): FlowReason | undefined {
  if (request.started > 0 || askedBy(policy, { tool: name, effect, args: request.arguments }) === undefined)
    return undefined;
  return { code: 'policy_asks', detail: 'The policy of the tenant has people asked about such calls.' };
}

/** The inner door: the session of the run, which knows whose word each value is (R8 to R14). */
function decideInner(
  context: GatewayContext,
  request: CallRequest,
  { tool, args, ask }: { readonly tool: Tool; readonly args: ParsedArguments; readonly ask: FlowReason | undefined },
): Judgement {
  const { session } = context;
  const decision = session.decide(tool.name, request.arguments, ask);
  const reasons = tellReasons(decision.reasons);
  const verdict = decision.verdict === 'approve' ? 'hold' : decision.verdict;
  const decided = tellDecision(context, request, tool, { verdict, reasons });
  const [first] = decision.reasons;
  if (decision.verdict === 'block') {
    const { code = 'refused', detail = '' } = first ?? {};
    return { verdict: 'block', reason: code.slice(0, 200), detail: detail.slice(0, 500), decided };
  }
  const bound = digest({ token: decision.token, definition: definitionOf(tool) });
  if (decision.verdict === 'allow') return { verdict: 'allow', tool, args, digest: bound, decided, held: undefined };
  const held = { card: tellCard(decision.card), rule: first?.code.slice(0, 200) ?? 'held' };
  return { verdict: 'hold', tool, args, digest: bound, decided, held };
}

function tellDecision(
  context: GatewayContext,
  request: CallRequest,
  tool: Tool,
  made: { readonly verdict: 'allow' | 'hold' | 'block'; readonly reasons: Reason[] },
): EventData<'tool.call.decided'> {
  const { A, B, C } = context.session.state();
  return {
    call_id: request.callId,
    tool: tool.name,
    verdict: made.verdict,
    effect: tool.effect,
    reasons: made.reasons,
    label: sessionLabel(context.session),
    sources: context.services.session.sources.map((source) => source.slice(0, 300)).slice(0, 100),
    rule: { untrusted: A, private: B, leaves: C },
  };
}
