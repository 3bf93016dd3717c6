// Takes up a claimed run: writes that it was started or resumed, settles what a dead worker left open, and finds what may stop it.
import { append } from '../events/events.ts';
import { countLost, formatMoney, microCents, type Used } from '../limits/limits.ts';
import { loadWork, settleLostSteps, startRun } from '../runs/runs.ts';
import { findByDigest, type Skill } from '../skills/skills.ts';
import { loadTools } from '../tools/tools.ts';
import type { AgentDeps, Claim, DriveContext, Hold } from './context.ts';
import type { Journal } from './journal.ts';
import type { Model } from './model.ts';

/** Takeovers after which a step that was begun each time is not begun again. */
const MOST_STALLS = 2;

export interface TakenUp {
  /** Of the event that this taking up wrote. */
  readonly seq: number;
  readonly context: DriveContext;
  readonly skill: Skill | undefined;
  readonly model: Model | undefined;
  readonly refusal: 'skill_changed' | 'unknown_model' | undefined;
}

export async function takeUp(deps: AgentDeps, claim: Claim, hold: Hold): Promise<TakenUp> {
  const { principal } = claim;
  const id = principal.runId;
  const seq = await deps.db.atomic(principal, async (tx) => {
    const head = await startRun(tx, id, claim.workerId, principal.epoch);
    const lost = await settleLostSteps(tx, id);
    await append(tx, head, { kind: 'worker', epoch: principal.epoch }, lost, { progress: false });
    return head.lastSeq;
  });
  deps.signals.touched(id);
  // Read after the settling: the totals hold what was lost.
  const work = await loadWork(deps.db.tenant(principal), id);
  let used: Used = work.usage;
  let waitedMs = 0;
  const tools = await loadTools(deps.db.tenant(principal), work.grant);
  const context: DriveContext = {
    db: deps.db,
    principal,
    work,
    signal: hold.signal,
    mayStart: hold.mayStart,
    tools,
    granted: tools.filter(({ name }) => work.grant.tools.some(({ tool }) => tool === name)),
    waitedMs: () => waitedMs,
    waited: (ms) => {
      waitedMs = ms;
    },
    prices: deps.prices,
    clock: deps.clock,
    log: deps.log.with({ tenant_id: principal.tenantId, run_id: id, worker_id: claim.workerId }),
    spent: () => used,
    spend: (more) => {
      used = {
        tokens: used.tokens + more.tokens,
        cost: formatMoney(microCents(used.cost) + microCents(more.cost)),
        calls: used.calls + more.calls,
      };
    },
    touched: () => deps.signals.touched(id),
  };
  const skill = await findByDigest(deps.db.tenant(principal), deps.skills, {
    name: work.skillName,
    version: work.skillVersion,
    digest: work.skillDigest,
  });
  const model = deps.models.find(work.model);
  const refusal = skill === undefined ? 'skill_changed' : model === undefined ? 'unknown_model' : undefined;
  return { seq, context, skill, model, refusal };
}

/** True when the next step was begun by two workers and both died in it. A kill before it began is no fault of the step. */
export async function findPoison(context: DriveContext, claim: Claim, journal: Journal): Promise<boolean> {
  if (claim.stalls < MOST_STALLS) return false;
  const [next] = journal.pending;
  if (next !== undefined) return next.started >= MOST_STALLS;
  if (journal.answer !== undefined) return false;
  const lost = await context.db.atomic(context.principal, (tx) => countLost(tx, context.work.id, journal.step));
  return lost >= MOST_STALLS;
}
