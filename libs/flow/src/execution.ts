// From a proposed call to its labelled result: decide, ask if need be, decide again, count, run, absorb.
import { type ApprovalVerdict, askPerson } from './approvals.ts';
import { callDigest, decideCall, effectiveLabel } from './decision.ts';
import { joinLabels, type Label } from './label.ts';
import { toolMessage } from './messages.ts';
import type { Finding, Json } from './sanitize.ts';
import { absorb, type Cell, claim, effectiveArguments, settle, standingOf } from './session-cell.ts';
import { argLabel } from './tool-label.ts';
import type { ApprovalCard, Arguments, Decision, Reason } from './verdict.ts';

export type ToolResult =
  | { readonly status: 'done'; readonly output: Json }
  | { readonly status: 'failed'; readonly output: Json }
  | { readonly status: 'refused'; readonly reasons: readonly Reason[] }
  | {
      readonly status: 'held';
      readonly reasons: readonly Reason[];
      readonly card: ApprovalCard;
      readonly token: string;
    };

export interface Labelled<T> {
  readonly value: T;
  readonly call: string;
  readonly label: Label;
  readonly findings: readonly Finding[];
}

export interface RunContext {
  readonly call: string;
  readonly signal: AbortSignal;
}
/** The only thing here that acts on the world. It is given the decided arguments and nothing of the session. */
export type Run = (args: Arguments, context: RunContext) => unknown;

export interface ExecuteOptions {
  /** The token of an approval that was resolved. */
  readonly approval?: string;
  readonly signal?: AbortSignal;
}

class StoredOutput {
  readonly output: unknown;
  readonly label: Label;
  constructor(output: unknown, label: Label) {
    this.output = output;
    this.label = label;
  }
}

/** What a run answers with when the label rests beside the stored row (R3a). */
export function withStoredLabel(output: unknown, label: Label): unknown {
  return new StoredOutput(output, label);
}

const OURS: Label = { integrity: 'trusted', confidentiality: 'public', sources: [] };

/** Arguments for the trace: a secret is not written down, and a call with one is not decided again on replay. */
export function tellArguments(
  cell: Cell,
  tool: string,
  args: unknown,
): { readonly args: unknown; readonly redacted: boolean } {
  const label = effectiveLabel(standingOf(cell), tool);
  let redacted = false;
  const visit = (value: unknown, path: string): unknown => {
    if (path !== '' && argLabel(label, path).secret === true) {
      redacted = true;
      return '[secret]';
    }
    if (Array.isArray(value)) return value.map((item) => visit(item, `${path}[*]`));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, visit(item, path === '' ? key : `${path}.${key}`)]),
    );
  };
  return { args: visit(args, ''), redacted };
}

function answer(
  cell: Cell,
  call: string,
  tool: string,
  value: Extract<ToolResult, { status: 'refused' | 'held' }>,
): Labelled<ToolResult> {
  // Codes alone: a reason quotes the page, and the model has read it once already.
  const output = { codes: value.reasons.map(({ code }) => code) };
  cell.messages.push(toolMessage({ call, tool, status: value.status, output, label: OURS }));
  return { value, call, label: OURS, findings: [] };
}

function decideHere(cell: Cell, call: string, tool: string, args: Arguments): Decision {
  const decision = decideCall(standingOf(cell), tool, args);
  const definition = cell.around.pins?.find(tool)?.hash ?? '';
  const { tainted, holdsPrivate } = cell.memory;
  const token = decision.verdict === 'approve' ? decision.token : '';
  const told = tellArguments(cell, tool, args);
  const reasons = told.redacted ? decision.reasons.map(({ code }) => ({ code })) : decision.reasons;
  cell.trace.write('decided', {
    call,
    tool,
    ...told,
    verdict: decision.verdict,
    reasons,
    token,
    definition,
    tainted,
    holdsPrivate,
  });
  return decision;
}

/** The verdict of a person on a held call; undefined while there is none. */
async function consult(
  cell: Cell,
  decision: Extract<Decision, { verdict: 'approve' }>,
  approval: string | undefined,
): Promise<ApprovalVerdict | undefined> {
  const { token, card } = decision;
  if (approval !== undefined) return approval === token ? cell.desk.take(token) : undefined;
  cell.desk.ask(card);
  const { approver, policy } = cell.around;
  if (approver === undefined) return undefined;
  const said = await askPerson(approver, card, policy.approvalMs);
  try {
    cell.desk.resolve(token, said.verdict, said.approver);
  } catch {
    // The same call, asked for twice at once: the other one has spent this approval.
    return undefined;
  }
  return cell.desk.take(token);
}

async function perform(
  cell: Cell,
  call: string,
  tool: string,
  args: Arguments,
  run: Run,
  options: ExecuteOptions & { readonly endorsed: boolean },
): Promise<Labelled<ToolResult>> {
  const { endorsed } = options;
  cell.trace.write('started', { call, tool, ...tellArguments(cell, tool, args), endorsed });
  claim(cell, tool, args);
  let output: unknown;
  let failed = false;
  try {
    output = await run(structuredClone(args), { call, signal: options.signal ?? new AbortController().signal });
  } catch (error) {
    failed = true;
    output = { error: (error instanceof Error ? error.message : String(error)).slice(0, 2_000) };
  }
  const stored = output instanceof StoredOutput ? output : undefined;
  const outcome = {
    call,
    tool,
    args,
    output: stored === undefined ? output : stored.output,
    failed,
    endorsed,
    ...(stored === undefined ? {} : { stored: joinLabels(stored.label) }),
  };
  const read = absorb(cell, outcome);
  cell.trace.write('result', {
    call,
    tool,
    ...tellArguments(cell, tool, args),
    output: read.output,
    failed,
    endorsed,
    stored: outcome.stored ?? null,
    label: read.label,
    findings: read.findings,
  });
  return {
    value: { status: failed ? 'failed' : 'done', output: read.output },
    call,
    label: read.label,
    findings: read.findings,
  };
}

export async function executeCall(
  cell: Cell,
  tool: string,
  given: Arguments,
  run: Run,
  options: ExecuteOptions,
): Promise<Labelled<ToolResult>> {
  const call = `call_${++cell.calls}`;
  const refuse = (reasons: readonly Reason[]): Labelled<ToolResult> =>
    answer(cell, call, tool, { status: 'refused', reasons });
  let args: Arguments;
  try {
    // A copy of our own: what was decided is what runs, whoever still holds the arguments.
    args = effectiveArguments(cell, tool, given);
  } catch {
    return refuse([{ code: 'bad_arguments', detail: 'The arguments are no JSON, or too large.' }]);
  }
  const decision = decideHere(cell, call, tool, args);
  if (decision.verdict === 'block') return refuse(decision.reasons);
  if (decision.verdict === 'allow') return perform(cell, call, tool, args, run, { ...options, endorsed: false });
  const digest = callDigest(standingOf(cell), tool, args);
  const said = await consult(cell, decision, options.approval);
  if (said === undefined)
    return answer(cell, call, tool, {
      status: 'held',
      reasons: decision.reasons,
      card: decision.card,
      token: decision.token,
    });
  // While a person thought, the session may have read more, or the definition may have changed.
  const again = decideHere(cell, call, tool, args);
  if (again.verdict === 'block') return refuse(again.reasons);
  if (
    digest !== callDigest(standingOf(cell), tool, args) ||
    (again.verdict === 'approve' && again.token !== decision.token)
  )
    return refuse([{ code: 'approval_void', detail: 'Something changed since the approval.' }]);
  cell.trace.write('settled', {
    call,
    tool,
    ...tellArguments(cell, tool, args),
    verdict: said.verdict,
    approver: said.approver,
  });
  settle(cell, tool, args, said.verdict);
  if (said.verdict === 'deny') return refuse([{ code: 'denied', detail: 'A person denied the call.' }]);
  return perform(cell, call, tool, args, run, { ...options, endorsed: true });
}
