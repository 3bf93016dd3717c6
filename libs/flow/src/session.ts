// One task: what the user said, what was read since, and the one way from a model's call to a run (R15).
import type { Approvals } from './approvals.ts';
import { callDigest, decideCall, tokenOf } from './decision.ts';
import { type ExecuteOptions, executeCall, type Labelled, type Run, type ToolResult } from './execution.ts';
import { inertLinks } from './inert-links.ts';
import type { Integrity, Label } from './label.ts';
import type { Message } from './messages.ts';
import { type Past, recallInto } from './recall.ts';
import { type Finding, sanitize } from './sanitize.ts';
import { type Cell, effectiveArguments, hear, receive, standingOf } from './session-cell.ts';
import type { Source } from './stated.ts';
import type { FrozenGrant } from './task-grant.ts';
import type { TraceEntry } from './trace.ts';
import type { Arguments, Decision, Reason } from './verdict.ts';

export interface Answer {
  readonly text: string;
  readonly integrity: Integrity;
  readonly sources: readonly Source[];
  readonly removed: readonly Finding[];
}

export interface SessionState {
  readonly A: boolean;
  readonly B: boolean;
  readonly C: boolean;
  readonly tainted: boolean;
  readonly because: readonly Reason[];
}

export interface Session {
  readonly id: string;
  readonly grant: FrozenGrant;
  /** Pure: what would become of this call now. `ask`: why the deployer wants people to be asked about it, whatever else speaks for it. */
  decide(tool: string, args: Arguments, ask?: Reason): Decision;
  /** The calls of one turn, each decided by itself, with the cards a person can be shown together (R15, R20). */
  decideTurn(calls: readonly { readonly tool: string; readonly args: Arguments }[]): readonly Decision[];
  /** Decides, asks, runs, sanitises, labels. Never throws for what a model or a tool did. */
  execute(tool: string, args: Arguments, run: Run, options?: ExecuteOptions): Promise<Labelled<ToolResult>>;
  /**
   * For a runtime that runs calls itself: what its journal holds, in order. The same journal makes the same session. Not written to the
   * trace: the journal is the evidence. Never reached by a model.
   */
  recall(past: Past): Label | undefined;
  readonly approvals: Approvals;
  messages(): readonly Message[];
  /** What the model wrote, for the conversation. */
  say(text: string): void;
  /** What a person answered in this run: words that justify, but no wider grant. */
  hear(text: string): void;
  /** Words of a memory, another agent, a file name: labelled data (R4). */
  receive(source: string, value: unknown, label: Label): Label;
  /** The final answer, fit for people (R28). */
  answer(text: string): Answer;
  state(): SessionState;
  trace(): readonly TraceEntry[];
}

function decideOn(cell: Cell, tool: string, args: Arguments, ask?: Reason): Decision {
  try {
    return decideCall(standingOf(cell), tool, effectiveArguments(cell, tool, args), ask);
  } catch {
    return {
      verdict: 'block',
      reasons: [{ code: 'bad_arguments', detail: 'The arguments are no JSON, or too large.' }],
    };
  }
}

/** As if the calls before it in the turn had begun: counts are shared, and the same call twice needs two approvals. */
function decideTurn(cell: Cell, calls: readonly { readonly tool: string; readonly args: Arguments }[]): Decision[] {
  const used = new Map(cell.used);
  const settled = new Map(cell.settled);
  return calls.map(({ tool, args }) => {
    try {
      const standing = { ...standingOf(cell), used, settled };
      const effective = effectiveArguments(cell, tool, args);
      const decision = decideCall(standing, tool, effective);
      if (decision.verdict !== 'block') used.set(tool, (used.get(tool) ?? 0) + 1);
      if (decision.verdict === 'approve') {
        const digest = callDigest(standing, tool, effective);
        if (tokenOf(standing, digest) === decision.token) settled.set(digest, (settled.get(digest) ?? 0) + 1);
      }
      return decision;
    } catch {
      return {
        verdict: 'block',
        reasons: [{ code: 'bad_arguments', detail: 'The arguments are no JSON, or too large.' }],
      };
    }
  });
}

function answerOf(cell: Cell, given: string): Answer {
  const clean = sanitize(given);
  const origin = (url: string): string => URL.parse(url)?.origin ?? '';
  const origins = new Set([...[...cell.stated.urls.keys()].map(origin), ...cell.around.policy.answerOrigins]);
  const inert = inertLinks(clean.text, (url) => origins.has(origin(url)) && URL.parse(url)?.username === '');
  const removed: Finding[] = [...clean.findings];
  if (inert.removed > 0) removed.push({ kind: 'link', count: inert.removed });
  const { tainted, because } = cell.memory;
  const sources = because.map(({ call, tool }): Source => ({ kind: 'tool', call, tool, path: '' }));
  const answer: Answer = { text: inert.text, integrity: tainted ? 'untrusted' : 'trusted', sources, removed };
  cell.trace.write('answer', { ...answer });
  return answer;
}

const BECAUSE = {
  untrusted_read: 'The session has read untrusted output.',
  private_read: 'The session has read private data.',
} as const;

function stateOf(cell: Cell): SessionState {
  const { tainted, holdsPrivate, because } = cell.memory;
  const reasons = because.map(
    ({ code, call, tool }): Reason => ({
      code,
      sources: [{ kind: 'tool', call, tool, path: '' }],
      detail: BECAUSE[code],
    }),
  );
  return { A: tainted, B: holdsPrivate, C: cell.setC, tainted, because: reasons };
}

export function sessionOver(cell: Cell): Session {
  return {
    id: cell.id,
    grant: cell.grant,
    decide: (tool, args, ask) => decideOn(cell, tool, args, ask),
    decideTurn: (calls) => decideTurn(cell, calls),
    execute: (tool, args, run, options = {}) => executeCall(cell, tool, args, run, options),
    recall: (past) => recallInto(cell, past),
    approvals: { resolve: cell.desk.resolve, pending: cell.desk.pending, count: cell.desk.count },
    messages: () => [...cell.messages],
    say: (text) => void cell.messages.push({ role: 'assistant', text }),
    hear: (text) => {
      hear(cell, text);
      cell.trace.write('stated', { text });
    },
    receive: (source, value, label) => {
      const read = receive(cell, source, value, label);
      cell.trace.write('received', { source, value: read.output, label: read.label });
      return read.label;
    },
    answer: (text) => answerOf(cell, text),
    state: () => stateOf(cell),
    trace: () => cell.trace.entries(),
  };
}
