// Where sessions begin, go on after a restart, and are judged again from their trace.
import { randomUUID } from 'node:crypto';
import { type Approver, createApprovalDesk } from './approvals.ts';
import { BUILT_IN_LABELS } from './built-in-labels.ts';
import { decideCall } from './decision.ts';
import { FlowError } from './flow-error.ts';
import type { Label } from './label.ts';
import type { PinBook } from './pins.ts';
import type { Json } from './sanitize.ts';
import { type Session, sessionOver } from './session.ts';
import {
  absorb,
  type Cell,
  claim,
  hear,
  type Opening,
  openCell,
  receive,
  type Surroundings,
  settle,
  standingOf,
} from './session-cell.ts';
import type { FrozenGrant, TaskGrant } from './task-grant.ts';
import type { ToolLabels } from './tool-label.ts';
import { type Audit, createTrace, findBrokenEntry, type Trace, type TraceEntry } from './trace.ts';
import type { Arguments, PolicyOptions } from './verdict.ts';

export interface GatewayOptions {
  /** Labels of the deployer's tools; those of the built-in tools are `BUILT_IN_LABELS`. */
  readonly labels: ToolLabels;
  readonly pins?: PinBook;
  readonly approver?: Approver;
  readonly audit?: Audit;
  readonly policy?: Partial<PolicyOptions>;
  /** Trusted text before the two sentences of the system message. */
  readonly system?: string;
  /** Milliseconds; for the age of approvals alone. */
  readonly clock?: () => number;
}

export interface ReplayReport {
  readonly decisions: number;
  /** Entries whose decision comes out differently now. */
  readonly differing: readonly number[];
  /** Entries that hold a secret and were not judged again. */
  readonly skipped: readonly number[];
}

export interface Gateway {
  /** Throws `FlowError('bad_option' | 'too_large')`. */
  open(opening: Opening): Session;
  /** Goes on where a trace ends: labels, counts and denials are as they were. Throws `FlowError('bad_trace')`. */
  resume(trace: readonly TraceEntry[]): Session;
  /** Decides everything of a trace again, with the labels and pins of now. Throws `FlowError('bad_trace')`. */
  replay(trace: readonly TraceEntry[]): ReplayReport;
}

const DEFAULTS: PolicyOptions = {
  outOfGrant: 'block',
  trustedDomains: [],
  answerOrigins: [],
  approvalMs: 600_000,
  mostCalls: 1_000,
  modelReadsPrivate: true,
  privateAddresses: 'refuse',
};
const SILENT: Trace = { write: () => undefined, entries: () => [] };

function wordsOf(opening: Opening): { readonly [key: string]: unknown } {
  const { prompt, principal, input, skill, grant, now } = opening;
  return { prompt, principal, input: input ?? null, skill: skill ?? null, grant: grant ?? null, now: now ?? null };
}

function openingOf(data: TraceEntry['data']): Opening {
  const { prompt, principal, input, skill, grant, now } = data;
  return {
    prompt: String(prompt),
    principal: String(principal),
    ...(input === null || input === undefined ? {} : { input }),
    ...(typeof skill === 'string' ? { skill } : {}),
    ...(grant === null || grant === undefined ? {} : { grant: grant as unknown as TaskGrant }),
    ...(typeof now === 'number' ? { now } : {}),
  };
}

/** Makes one entry's change again; says whether a decision came out the same. */
function redo(cell: Cell, entry: TraceEntry): 'same' | 'different' | 'skipped' | 'none' {
  const { data } = entry;
  const tool = String(data.tool ?? '');
  const args = (data.args ?? {}) as Arguments;
  const number = /^call_(\d+)$/.exec(String(data.call ?? ''))?.[1];
  cell.calls = Math.max(cell.calls, Number(number ?? 0));
  if (entry.kind === 'decided') {
    if (data.redacted === true) return 'skipped';
    const decision = decideCall(standingOf(cell), tool, args);
    const token = decision.verdict === 'approve' ? decision.token : '';
    const codes = (reasons: Json | undefined): string =>
      Array.isArray(reasons)
        ? reasons.map((reason: Json) => (reason as { readonly code?: string }).code).join(' ')
        : '';
    const same =
      decision.verdict === data.verdict &&
      token === data.token &&
      decision.reasons.map(({ code }) => code).join(' ') === codes(data.reasons);
    return same ? 'same' : 'different';
  }
  if (entry.kind === 'settled') settle(cell, tool, args, data.verdict === 'approve' ? 'approve' : 'deny');
  if (entry.kind === 'started') claim(cell, tool, args);
  if (entry.kind === 'stated') hear(cell, String(data.text));
  if (entry.kind === 'received') receive(cell, String(data.source), data.value, data.label as unknown as Label);
  if (entry.kind === 'result') {
    const { call, output, failed, endorsed, stored } = data;
    absorb(cell, {
      call: String(call),
      tool,
      args,
      output,
      failed: failed === true,
      endorsed: endorsed === true,
      ...(stored === null || stored === undefined ? {} : { stored: stored as unknown as Label }),
    });
  }
  return 'none';
}

/** Throws `FlowError('bad_option')` for options that make no sense. */
export function createGateway(options: GatewayOptions): Gateway {
  const policy: PolicyOptions = { ...DEFAULTS, ...options.policy };
  if (!(policy.approvalMs > 0 && policy.approvalMs <= 2_147_483_647) || !(policy.mostCalls > 0))
    throw new FlowError('bad_option', 'A limit must be a positive number.');
  const clock = options.clock ?? Date.now;
  const around: Surroundings = {
    labels: { ...BUILT_IN_LABELS, ...structuredClone(options.labels) },
    policy,
    pins: options.pins,
    approver: options.approver,
    clock,
    system: options.system ?? '',
  };
  const begin = (opening: Opening, id: string, trace: Trace, shown?: Readonly<Record<string, string>>): Cell => {
    const desk = createApprovalDesk(clock, policy.approvalMs, (verdict) => trace.write('approval', { ...verdict }));
    return openCell(opening, around, { id, trace, desk, ...(shown === undefined ? {} : { shown }) });
  };
  const again = (entries: readonly TraceEntry[], trace: Trace, note: (seq: number, outcome: string) => void): Cell => {
    const [first, ...rest] = entries;
    if (findBrokenEntry(entries) !== undefined || first?.kind !== 'opened')
      throw new FlowError('bad_trace', 'The trace is not whole.');
    const cell = begin(
      openingOf(first.data),
      String(first.data.id),
      trace,
      first.data.shown as unknown as Readonly<Record<string, string>>,
    );
    for (const entry of rest) note(entry.seq, redo(cell, entry));
    return cell;
  };
  return {
    open: (opening) => {
      if (typeof opening.prompt !== 'string' || typeof opening.principal !== 'string' || opening.principal === '')
        throw new FlowError('bad_option', 'A session needs a prompt and a principal.');
      const trace = createTrace(options.audit);
      const id = opening.id ?? randomUUID();
      const cell = begin(opening, id, trace);
      trace.write('opened', { id, ...wordsOf(opening), shown: cell.shown, fixed: cell.grant satisfies FrozenGrant });
      return sessionOver(cell);
    },
    resume: (entries) => sessionOver(again(entries, createTrace(options.audit, entries), () => undefined)),
    replay: (entries) => {
      const differing: number[] = [];
      const skipped: number[] = [];
      let decisions = 0;
      again(entries, SILENT, (seq, outcome) => {
        if (outcome !== 'none') decisions++;
        if (outcome === 'different') differing.push(seq);
        if (outcome === 'skipped') skipped.push(seq);
      });
      return { decisions, differing, skipped };
    },
  };
}
