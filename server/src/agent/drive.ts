// The loop: replay the journal, then do the next thing it asks for, until the run has an end.
import { ENTITY_TYPES, type NewEvent } from '@sallyport/contracts';
import { inertLinks, joinLabels, type Label, type Session, sanitize } from '@sallyport/flow';
import { openArtifact } from '../artifacts/artifacts.ts';
import { openRunSession, sessionLabel } from '../containment/containment.ts';
import { type EgressWays, parseLists } from '../egress/egress.ts';
import { allEvents } from '../events/events.ts';
import { type ArtifactId, asId } from '../ids.ts';
import { openingMessages } from '../prompt/prompt.ts';
import { type Finish, finishRun, waitRun } from '../runs/runs.ts';
import { callTool, labelsOf } from '../tools/tools.ts';
import { type AgentDeps, ALL_DOORS, type Claim, type DriveContext, type Hold } from './context.ts';
import { type Journal, type PendingCall, replay } from './journal.ts';
import type { Model } from './model.ts';
import { findPoison, takeUp } from './resume.ts';
import { modelStep, overBudget } from './step.ts';
import { modelWork, toolWork, watched } from './watched.ts';

/** `ended`: the run has its last event. `released`: somebody goes on with it later. `waiting`: when a person has spoken. */
export type DriveEnd = 'ended' | 'released' | 'waiting';

/**
 * Drives a claimed run until it ends, or until its worker drains.
 * Throws what ended the step when the lease, the epoch or the database is gone: the run is another's then, or soon will be.
 */
export async function driveRun(deps: AgentDeps, claim: Claim, hold: Hold): Promise<DriveEnd> {
  const taken = await takeUp(deps, claim, hold);
  const { context, skill, model, refusal } = taken;
  if (refusal !== undefined || skill === undefined || model === undefined)
    return finish(context, failed(refusal ?? 'internal'));
  const opening = openingMessages({
    skillBody: skill.body,
    task: context.work.task,
    urls: context.work.grant.urls,
    artifacts: context.work.grant.artifacts,
  });
  const { journal: remembers, grant: granted } = deps.doors ?? ALL_DOORS;
  const from = remembers ? -1 : taken.seq;
  const ground = groundOf(context, skill.body, granted);
  const remembered = new RunMemory(openRunSession(ground));
  for (;;) {
    const journal = await replay(allEvents(deps.db.tenant(claim.principal), context.work.id, from), (id) =>
      loadRendering(deps, claim, id),
    );
    if (journal.ended) return 'ended';
    if (await findPoison(context, claim, journal)) return finish(context, failed('poisoned_step'));
    if (hold.draining()) return 'released';
    context.waited(journal.waitedMs);
    const next = journal.pending.find(isReady);
    if (next !== undefined) {
      const over = next.started === 0 ? overBudget(context, { tokens: 0, cost: '0', calls: 1 }) : undefined;
      if (over !== undefined) return finish(context, failed('budget_exceeded'), [over]);
      const done = await watched(deps, context, toolWork(context, journal, next), () =>
        call(deps, context, { journal, session: remembered.upTo(journal) }, next),
      );
      if (next.started === 0 && done === 'called') context.spend({ tokens: 0, cost: '0', calls: 1 });
      continue;
    }
    if (journal.pending.length > 0) {
      if (await wait(context, journal)) return 'waiting';
      continue;
    }
    if (journal.answer !== undefined) return conclude(context, journal, journal.answer.text);
    const request = {
      messages: [...opening, ...journal.messages],
      tools: context.granted.map(({ name, description, parameters }) => ({ name, description, parameters })),
      maxOutputTokens: model.maxOutputTokens,
    };
    const { step } = journal;
    const end = await watched(deps, context, modelWork(model, step), () => ask(context, model, request, step));
    if (end !== undefined) return end;
  }
}

/** Neither held for people nor without a known outcome. */
function isReady(call: PendingCall): boolean {
  return call.unknown === undefined && (call.held === undefined || call.approved !== undefined);
}

function groundOf({ work, tools }: DriveContext, skillBody: string, granted: boolean) {
  const entityTypes = ENTITY_TYPES.map(({ name, version }) => `${name}@${version}`);
  return { work, skillBody, labels: labelsOf(tools), granted, tools: tools.map(({ name }) => name), entityTypes };
}

/** The session of the run, made to remember what its journal holds beyond what it remembers already. */
class RunMemory {
  readonly #session: Session;
  #known = 0;
  constructor(session: Session) {
    this.#session = session;
  }
  upTo(journal: Journal): Session {
    for (const past of journal.past.slice(this.#known)) this.#session.recall(past);
    this.#known = journal.past.length;
    return this.#session;
  }
}

/** Gives the run away until a person has spoken. False when one has, meanwhile. */
async function wait(context: DriveContext, journal: Journal): Promise<boolean> {
  const reason = journal.pending.some((call) => call.unknown === true) ? 'effect_unknown' : 'approval';
  const { work, principal } = context;
  const waits = await context.db.atomic(principal, (tx) =>
    waitRun(tx, work.id, principal.epoch, { lastSeq: journal.lastSeq, reason }),
  );
  if (waits) context.touched();
  return waits;
}

/** One model step; an end when the run cannot go on after it. */
async function ask(
  context: DriveContext,
  model: Model,
  request: Parameters<Model['generate']>[0],
  step: number,
): Promise<DriveEnd | undefined> {
  const result = await modelStep(context, model, request, step);
  if (result.kind === 'over_budget') return finish(context, failed('budget_exceeded'), [result.event]);
  context.spend({ ...result.spent, calls: 0 });
  if (result.kind === 'answered') return undefined;
  // The provider's own words may quote the prompt or the key: they stay out of the log.
  context.log.warn('model.failed', { model: model.name, step, detail: result.error.message });
  return finish(
    context,
    { status: 'failed', code: 'model_failed', message: result.error.message, retryable: result.error.retryable },
    result.events,
  );
}

function call(
  deps: AgentDeps,
  context: DriveContext,
  { journal, session }: { readonly journal: Journal; readonly session: Session },
  next: PendingCall,
): ReturnType<typeof callTool> {
  return callTool(
    {
      db: context.db,
      principal: context.principal,
      grant: context.work.grant,
      tools: context.tools,
      session,
      doors: deps.doors ?? ALL_DOORS,
      used: usedBefore(journal, next),
      minted: journal.minted,
      touched: context.touched,
      blocked: ({ code, rule, host, port }) =>
        context.log.warn('egress.blocked', { security: 'egress.blocked', code, reason: rule, host, port }),
      refused: (reason) => context.log.warn('tool.refused', { security: 'tool.refused', reason }),
      asked: ({ tool, rule, count }) => context.log.info('approval.requested', { name: tool, reason: rule, count }),
      services: {
        ways: waysOf(deps),
        parser: deps.parser,
        blobs: deps.blobs,
        session: labelOf(journal, session),
        allowedLinks: allowedLinks(context, journal),
        signal: context.signal,
        mayStart: context.mayStart,
      },
    },
    next,
  );
}

const OPEN = parseLists({ profile: 'open', allow: [], deny: [] });

function waysOf({ egress: guard, reader, egressLists: deployment = OPEN, log }: AgentDeps): EgressWays {
  return {
    guard,
    reader,
    deployment,
    register: (secret) => log.register(secret, 'passing'),
  };
}

/** What the run writes carries the label of all that it has read; failures and what a page steered count as well. */
function labelOf(journal: Journal, session: Session): Label {
  return joinLabels(journal.label, { ...sessionLabel(session), sources: [] });
}

/** A call that is begun again does not count against itself. */
function usedBefore(journal: Journal, next: PendingCall): ReadonlyMap<string, number> {
  if (next.started === 0) return journal.used;
  return new Map(journal.used).set(next.tool, (journal.used.get(next.tool) ?? 1) - 1);
}

function allowedLinks(context: DriveContext, journal: Journal): ReadonlySet<string> {
  return new Set([...context.work.grant.urls, ...journal.links]);
}

/** The last answer is untrusted like all that a model wrote after it read the world: images and foreign links become inert (R28). */
function conclude(context: DriveContext, journal: Journal, answer: string): Promise<DriveEnd> {
  const { text } = inertLinks(sanitize(answer).text, allowedLinks(context, journal));
  if (text.trim() === '')
    return finish(context, {
      status: 'failed',
      code: 'model_failed',
      message: 'The model ended without an answer.',
      retryable: true,
    });
  return finish(context, { status: 'succeeded', outcome: text.slice(0, 200_000), artifactIds: journal.artifactIds });
}

const SENTENCES = {
  budget_exceeded: 'The budget of the run is spent.',
  poisoned_step: 'A step of the run ended its worker twice.',
  skill_changed: 'The skill is not the one that the run was started with.',
  unknown_model: 'The model is not configured on this node.',
  internal: 'Something went wrong on our side.',
} as const;

export type FailureCode = keyof typeof SENTENCES;

export function failed(code: FailureCode): Finish {
  return { status: 'failed', code, message: SENTENCES[code], retryable: code === 'budget_exceeded' };
}

export async function finish(context: DriveContext, end: Finish, before: readonly NewEvent[] = []): Promise<DriveEnd> {
  await context.db.atomic(context.principal, (tx) =>
    finishRun(tx, context.work.id, context.principal.epoch, end, before),
  );
  context.touched();
  return 'ended';
}

async function loadRendering(deps: AgentDeps, claim: Claim, artifactId: string): Promise<string> {
  const { content } = await openArtifact(deps.db.tenant(claim.principal), deps.blobs, asId<ArtifactId>(artifactId));
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
