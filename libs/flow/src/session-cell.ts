// The state of one session. Every change goes through a function here, and a trace can make every change again (R5, R32).
import type { ApprovalDesk, Approver } from './approvals.ts';
import { canonicalText, leavesOf } from './canonical.ts';
import { callDigest, callSetsC, effectiveLabel } from './decision.ts';
import { inertLinks } from './inert-links.ts';
import { isOfTheUser } from './justify.ts';
import type { Label } from './label.ts';
import { createMemory, type SessionMemory } from './memory.ts';
import { type Message, systemMessage, toolMessage } from './messages.ts';
import type { PinBook } from './pins.ts';
import { judgeArguments } from './provenance.ts';
import { type Finding, type Json, sanitizeValue } from './sanitize.ts';
import { findMisfits } from './schema.ts';
import { createStated, type Stated, type StatedPart } from './stated.ts';
import { type FrozenGrant, fixGrant, type TaskGrant } from './task-grant.ts';
import { argLabel, type OutputLabel, type ToolLabels } from './tool-label.ts';
import type { Trace } from './trace.ts';
import type { Arguments, PolicyOptions, Standing } from './verdict.ts';

export interface Surroundings {
  readonly labels: ToolLabels;
  readonly policy: PolicyOptions;
  readonly pins: PinBook | undefined;
  readonly approver: Approver | undefined;
  readonly clock: () => number;
  readonly system: string;
}

export interface Opening {
  /** The task, in the user's words. */
  readonly prompt: string;
  readonly principal: string;
  /** The runtime's own name of the session, to which approvals are bound; a random one unless told. */
  readonly id?: string;
  /** Validated input of the task: its strings are the user's words too. */
  readonly input?: Json;
  /** The body of a skill that a person approved (R37). */
  readonly skill?: string;
  readonly grant?: TaskGrant;
  /** Milliseconds since 1970: what "tomorrow" is counted from. */
  readonly now?: number;
}

export interface Cell {
  readonly id: string;
  readonly principal: string;
  readonly around: Surroundings;
  readonly now: number | undefined;
  readonly parts: StatedPart[];
  stated: Stated;
  readonly memory: SessionMemory;
  readonly grant: FrozenGrant;
  readonly shown: Readonly<Record<string, string>>;
  readonly used: Map<string, number>;
  readonly settled: Map<string, number>;
  readonly denied: Set<string>;
  followed: number;
  calls: number;
  setC: boolean;
  readonly messages: Message[];
  readonly trace: Trace;
  readonly desk: ApprovalDesk;
}

function partsOf(opening: Opening): StatedPart[] {
  const input = leavesOf(opening.input ?? null, 2_000).leaves.filter(({ value }) => value !== null);
  return [
    { part: 'task', text: opening.prompt },
    ...input.map(({ path, value }) => ({
      part: path.startsWith('[') || path === '' ? `input${path}` : `input.${path}`,
      text: String(value),
    })),
    ...(opening.skill === undefined ? [] : [{ part: 'skill', text: opening.skill }]),
    ...(opening.grant?.values ?? []).map((text, index) => ({ part: `grant.values[${index}]`, text })),
  ];
}

export function openCell(
  opening: Opening,
  around: Surroundings,
  given: {
    readonly id: string;
    readonly trace: Trace;
    readonly desk: ApprovalDesk;
    readonly shown?: Readonly<Record<string, string>>;
  },
): Cell {
  const parts = partsOf(opening);
  const stated = createStated(parts, opening.now);
  const input = opening.input === undefined ? '' : `\n\n## Input\n\n${canonicalText(opening.input)}`;
  const skill = opening.skill === undefined ? '' : `${opening.skill}\n\n## Task\n\n`;
  return {
    id: given.id,
    principal: opening.principal,
    around,
    now: opening.now,
    parts,
    stated,
    memory: createMemory(),
    grant: fixGrant(opening.grant, around.labels, stated),
    shown: given.shown ?? around.pins?.hashes() ?? {},
    used: new Map(),
    settled: new Map(),
    denied: new Set(),
    followed: 0,
    calls: 0,
    setC: false,
    messages: [
      { role: 'system', text: systemMessage(around.system) },
      { role: 'user', text: `${skill}${opening.prompt}${input}` },
    ],
    trace: given.trace,
    desk: given.desk,
  };
}

export function standingOf(cell: Cell): Standing {
  const { around } = cell;
  return {
    session: cell.id,
    labels: around.labels,
    policy: around.policy,
    pins: around.pins,
    stated: cell.stated,
    memory: cell.memory,
    grant: cell.grant,
    trustedDomains: around.policy.trustedDomains,
    followed: cell.followed,
    shown: cell.shown,
    used: cell.used,
    settled: cell.settled,
    denied: cell.denied,
  };
}

/** A person said something in this run: words of the user, but no wider grant. */
export function hear(cell: Cell, text: string): void {
  cell.parts.push({ part: `answer[${cell.parts.filter(({ part }) => part.startsWith('answer')).length}]`, text });
  cell.stated = createStated(cell.parts, cell.now);
  cell.messages.push({ role: 'user', text });
}

/** What would be executed: content for the tenant's own store with its links made inert, before anything is decided (R10). */
export function effectiveArguments(cell: Cell, tool: string, args: Arguments): Arguments {
  const copy = JSON.parse(canonicalText(args)) as Arguments;
  const label = effectiveLabel(standingOf(cell), tool);
  if (!Object.values(label.args).some((arg) => typeof arg !== 'string' && arg.inert === true)) return copy;
  const allowed = new Set([...cell.stated.urls.keys(), ...cell.memory.links()]);
  const visit = (value: unknown, path: string): unknown => {
    if (typeof value === 'string')
      return argLabel(label, path).inert === true ? inertLinks(value, allowed).text : value;
    if (Array.isArray(value)) return value.map((item) => visit(item, `${path}[*]`));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, visit(item, path === '' ? key : `${path}.${key}`)]),
    );
  };
  return visit(copy, '') as Arguments;
}

export function settle(cell: Cell, tool: string, args: Arguments, verdict: 'approve' | 'deny'): void {
  const digest = callDigest(standingOf(cell), tool, args);
  if (verdict === 'deny') cell.denied.add(digest);
  else cell.settled.set(digest, (cell.settled.get(digest) ?? 0) + 1);
}

/** Counted before the run begins, so that calls side by side cannot share one permission. */
export function claim(cell: Cell, tool: string, args: Arguments): void {
  const standing = standingOf(cell);
  cell.used.set(tool, (cell.used.get(tool) ?? 0) + 1);
  const { judged } = judgeArguments(standing, effectiveLabel(standing, tool), args);
  if (judged.some(({ justification }) => justification.ground === 'followed')) cell.followed++;
  if (callSetsC(standing, tool, args)) cell.setC = true;
}

export interface Outcome {
  readonly call: string;
  readonly tool: string;
  readonly args: Arguments;
  readonly output: unknown;
  readonly failed: boolean;
  /** A person approved exactly this call: its arguments count as chosen by a person. */
  readonly endorsed: boolean;
  /** The label of the stored row, for tools whose output is `asStored`. */
  readonly stored?: Label;
}

export interface Absorbed {
  readonly output: Json;
  readonly label: Label;
  readonly findings: readonly Finding[];
}

const WORST_OUTPUT: OutputLabel = { integrity: 'untrusted', confidentiality: 'private' };

export function absorb(cell: Cell, outcome: Outcome): Absorbed {
  const { call, tool, args, endorsed, failed } = outcome;
  const standing = standingOf(cell);
  const label = effectiveLabel(standing, tool);
  const { judged } = judgeArguments(standing, label, args);
  const loose = judged.filter(
    ({ label: arg, justification }) => arg.role !== 'meta' && justification.ground === 'none',
  );
  const steered = cell.memory.tainted && !endorsed && loose.length > 0;
  const clean = sanitizeValue(outcome.output);
  const schema = cell.around.pins?.find(tool)?.definition.outputSchema;
  const misfit = failed || (schema !== undefined && findMisfits(schema, clean.value).length > 0);
  const output = misfit && !failed ? JSON.stringify(clean.value) : clean.value;
  const given: OutputLabel = misfit ? { ...WORST_OUTPUT, confidentiality: label.output.confidentiality } : label.output;
  const carries = cell.memory.holdsPrivate && loose.length > 0;
  const depths = judged.map(({ leaf, justification }) =>
    justification.ground === 'stated' || typeof leaf.value !== 'string' ? 0 : (cell.memory.linkDepth(leaf.value) ?? 0),
  );
  const own = cell.memory.absorb({
    call,
    tool,
    output,
    label: carries ? { ...given, confidentiality: 'private' } : given,
    ...(outcome.stored === undefined ? {} : { stored: outcome.stored }),
    steered,
    asked:
      judged.some(({ justification }) => justification.ground === 'stated') &&
      judged.every(({ justification }) => isOfTheUser(justification.ground)),
    unjustified: steered ? loose.map(({ leaf }) => leaf.value) : [],
    depth: Math.max(0, ...depths),
  });
  const withheld = own.confidentiality === 'private' && !cell.around.policy.modelReadsPrivate;
  const status = withheld ? 'withheld' : failed ? 'failed' : 'done';
  cell.messages.push(toolMessage({ call, tool, status, output: withheld ? null : output, label: own }));
  return { output, label: own, findings: clean.findings };
}

/** Words of another agent, of a memory, of a file name: labelled, and never an instruction (R4). */
export function receive(cell: Cell, source: string, value: unknown, label: Label): Absorbed {
  const clean = sanitizeValue(value);
  const call = `received_${cell.messages.length}`;
  const { integrity, confidentiality } = label;
  const own = cell.memory.absorb({
    call,
    tool: source,
    output: clean.value,
    label: { integrity, confidentiality },
    steered: false,
    asked: false,
    unjustified: [],
    depth: 0,
  });
  cell.messages.push(toolMessage({ call, tool: source, status: 'received', output: clean.value, label: own }));
  return { output: clean.value, label: own, findings: clean.findings };
}
