// One model step: reserve, ask, settle. The message, its calls and its usage are one append.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import type { NewEvent } from '@sallyport/contracts';
import { type PriceUsed, priceOf } from '../billing/billing.ts';
import type { TenantTx } from '../db/db.ts';
import { append, lockRun, storable } from '../events/events.ts';
import { decideBudget, forgo, type ReservationId, type Reserved, reserve, settle } from '../limits/limits.ts';
import { recordUsage, usageEvent } from '../runs/runs.ts';
import type { DriveContext } from './context.ts';
import { costOf, type Model, type ModelAnswer, ModelError, type ModelRequest } from './model.ts';

const MOST_TEXT = 200_000;
const MOST_CALLS = 100;

export interface Spent {
  readonly tokens: number;
  readonly cost: string;
}

export type StepResult =
  | { readonly kind: 'answered'; readonly spent: Spent }
  | { readonly kind: 'over_budget'; readonly event: NewEvent }
  | {
      readonly kind: 'failed';
      readonly error: ModelError;
      readonly events: readonly NewEvent[];
      readonly spent: Spent;
    };

const AGENT = { kind: 'agent', id: 'loop' } as const;
const SYSTEM = { kind: 'system', id: 'runtime' } as const;

/** Asks the model for step `step`. Throws only when the journal could not be written. */
export async function modelStep(
  context: DriveContext,
  model: Model,
  request: ModelRequest,
  step: number,
): Promise<StepResult> {
  const price = priceOf(context.prices, model.name, context.clock.now(), model.price);
  const bound = model.upperBound(request);
  const most = { tokens: bound.input + bound.output, cost: costOf(price, bound) };
  const over = overBudget(context, { ...most, calls: 0 });
  if (over !== undefined) return { kind: 'over_budget', event: over };
  const opened = await open(context, step, most, price);
  if (!opened.reserved)
    return {
      kind: 'over_budget',
      event: { type: 'budget.exceeded', actor: SYSTEM, data: { ...opened.over, action: 'stop' } },
    };
  const reservation = opened.id;
  try {
    const answer = await model.generate(request, context.signal);
    return { kind: 'answered', spent: await commit(context, { model, price, reservation, step }, answer) };
  } catch (error) {
    if (!(error instanceof ModelError) || context.signal.aborted) throw error;
    if (error.charged === 'no') {
      await underLock(context, (tx) => forgo(tx, reservation));
      return { kind: 'failed', error, events: [], spent: { tokens: 0, cost: '0' } };
    }
    const used = { ...bound, cached: 0, cost: most.cost };
    await underLock(context, async (tx) => {
      await settle(tx, context.work.id, reservation, used, 'lost');
      await recordUsage(tx, context.work.id, { ...most, calls: 0 });
    });
    return { kind: 'failed', error, events: [usageEvent(model.name, used, 'lost')], spent: most };
  }
}

async function underLock(context: DriveContext, work: (tx: TenantTx) => Promise<void>): Promise<void> {
  await context.db.atomic(context.principal, async (tx) => {
    await lockRun(tx, context.work.id, { kind: 'worker', epoch: context.principal.epoch });
    await work(tx);
  });
}

/** The event that ends a run whose next piece of work may not fit; undefined when it does. */
export function overBudget(
  context: DriveContext,
  next: { readonly tokens: number; readonly cost: string; readonly calls: number },
): NewEvent | undefined {
  const { work, spent } = context;
  const seconds =
    work.startedAt === null ? 0 : (context.clock.now() - work.startedAt.getTime() - context.waitedMs()) / 1_000;
  const verdict = decideBudget(work.budget, spent(), { ...next, seconds });
  if (verdict.verdict === 'allow') return undefined;
  const { limit, allowed, observed } = verdict;
  return { type: 'budget.exceeded', actor: SYSTEM, data: { limit, allowed, observed, action: 'stop' } };
}

/** The reservation stands before the call: a call whose answer is lost is charged at its upper bound on resume. */
async function open(context: DriveContext, step: number, most: Spent, price: PriceUsed): Promise<Reserved> {
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  const opened = await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.work.id, appender);
    const held = await reserve(tx, context.work.id, step, most, price);
    if (!held.reserved) return held;
    await append(tx, head, appender, [{ type: 'step.started', actor: AGENT, data: { step, name: 'model' } }], {
      progress: false,
    });
    return held;
  });
  context.touched();
  return opened;
}

interface OpenStep {
  readonly model: Model;
  readonly price: PriceUsed;
  readonly reservation: ReservationId;
  readonly step: number;
}

async function commit(context: DriveContext, open: OpenStep, answer: ModelAnswer): Promise<Spent> {
  const { model, price, reservation, step } = open;
  const used = { ...answer.usage, cost: costOf(price, answer.usage) };
  const spent = { tokens: used.input + used.output, cost: used.cost };
  const events = [
    ...messageEvents(context, step, answer),
    usageEvent(model.name, used, 'settled'),
    { type: 'step.completed', actor: AGENT, data: { step, status: 'completed' } } satisfies NewEvent,
  ];
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  const { overReserved } = await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.work.id, appender);
    const settled = await settle(tx, context.work.id, reservation, used);
    await recordUsage(tx, context.work.id, { ...spent, calls: 0 });
    await append(tx, head, appender, events);
    return settled;
  });
  context.touched();
  // The bound that was reserved was none: the next step is stopped by what was used, and a person should know.
  if (overReserved) context.log.warn('usage.over_reserved', { model: model.name, step });
  return spent;
}

/** Call ids are ours, never the provider's: unique in the run, and the same when a lost step is asked again. */
function messageEvents({ tools }: DriveContext, step: number, answer: ModelAnswer): NewEvent[] {
  const calls = answer.calls.slice(0, MOST_CALLS).map((call, index) => ({
    call_id: `call_${step}_${index + 1}`,
    tool: call.tool === '' ? 'unnamed' : call.tool.slice(0, 200),
    arguments: storable(call.arguments) as Record<string, unknown>,
  }));
  const text = answer.text.slice(0, MOST_TEXT);
  return [
    {
      type: 'model.message',
      actor: AGENT,
      data: {
        step,
        role: 'assistant',
        parts: [
          ...(text === '' ? [] : [{ kind: 'text' as const, text }]),
          ...calls.map((call) => ({ kind: 'tool_call' as const, ...call })),
        ],
        finish_reason: answer.finishReason === '' ? 'unknown' : answer.finishReason.slice(0, 200),
      },
    },
    ...calls.map(
      (call): NewEvent => ({
        type: 'tool.call.requested',
        actor: AGENT,
        data: {
          ...call,
          arguments_digest: createHash('sha256').update(canonicalize(call.arguments)).digest('hex'),
          effect: tools.find(({ name }) => name === call.tool)?.effect ?? 'unknown',
        },
      }),
    ),
  ];
}
