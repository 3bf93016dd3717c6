// One model step: reserve, ask, settle. The message, its calls and its usage are one append.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import type { NewEvent } from '@sallyport/contracts';
import { append, lockRun, storable } from '../events/events.ts';
import { decideBudget, type ReservationId, reserve, settle } from '../limits/limits.ts';
import { recordUsage } from '../runs/runs.ts';
import { effectOf } from '../tools/tools.ts';
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
  const bound = model.upperBound(request);
  const most = { tokens: bound.input + bound.output, cost: costOf(model.price, bound) };
  const over = overBudget(context, { ...most, calls: 0 });
  if (over !== undefined) return { kind: 'over_budget', event: over };
  const reservation = await open(context, step, most);
  try {
    const answer = await model.generate(request, context.signal);
    return { kind: 'answered', spent: await commit(context, model, reservation, step, answer) };
  } catch (error) {
    if (!(error instanceof ModelError) || context.signal.aborted) throw error;
    const spent = error.charged === 'no' ? { tokens: 0, cost: '0' } : most;
    await context.db.atomic(context.principal, async (tx) => {
      await lockRun(tx, context.work.id, { kind: 'worker', epoch: context.principal.epoch });
      await settle(tx, reservation, spent);
      await recordUsage(tx, context.work.id, { ...spent, calls: 0 });
    });
    const events =
      error.charged === 'no'
        ? []
        : [usageEvent(model.name, { input: bound.input, output: bound.output, cached: 0 }, spent.cost, 'lost')];
    return { kind: 'failed', error, events, spent };
  }
}

/** The event that ends a run whose next piece of work may not fit; undefined when it does. */
export function overBudget(
  context: DriveContext,
  next: { readonly tokens: number; readonly cost: string; readonly calls: number },
): NewEvent | undefined {
  const { work, spent } = context;
  const seconds = work.startedAt === null ? 0 : (context.clock.now() - work.startedAt.getTime()) / 1_000;
  const verdict = decideBudget(work.budget, spent(), { ...next, seconds });
  if (verdict.verdict === 'allow') return undefined;
  const { limit, allowed, observed } = verdict;
  return { type: 'budget.exceeded', actor: SYSTEM, data: { limit, allowed, observed, action: 'stop' } };
}

/** The reservation stands before the call: a call whose answer is lost is charged at its upper bound on resume. */
async function open(context: DriveContext, step: number, most: Spent): Promise<ReservationId> {
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  const reservation = await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.work.id, appender);
    const id = await reserve(tx, context.work.id, step, most);
    await append(tx, head, appender, [{ type: 'step.started', actor: AGENT, data: { step, name: 'model' } }], {
      progress: false,
    });
    return id;
  });
  context.touched();
  return reservation;
}

async function commit(
  context: DriveContext,
  model: Model,
  reservation: ReservationId,
  step: number,
  answer: ModelAnswer,
): Promise<Spent> {
  const { usage } = answer;
  const spent = { tokens: usage.input + usage.output, cost: costOf(model.price, usage) };
  const events = [
    ...messageEvents(step, answer),
    usageEvent(model.name, usage, spent.cost, 'settled'),
    { type: 'step.completed', actor: AGENT, data: { step, status: 'completed' } } satisfies NewEvent,
  ];
  const appender = { kind: 'worker', epoch: context.principal.epoch } as const;
  await context.db.atomic(context.principal, async (tx) => {
    const head = await lockRun(tx, context.work.id, appender);
    await settle(tx, reservation, spent);
    await recordUsage(tx, context.work.id, { ...spent, calls: 0 });
    await append(tx, head, appender, events);
  });
  context.touched();
  return spent;
}

export function usageEvent(
  model: string,
  usage: { readonly input: number; readonly output: number; readonly cached: number },
  cost: string,
  settlement: 'settled' | 'lost',
): NewEvent {
  return {
    type: 'usage.recorded',
    actor: SYSTEM,
    data: {
      model,
      input_tokens: usage.input,
      output_tokens: usage.output,
      cached_tokens: usage.cached,
      cost,
      currency: 'USD',
      settlement,
    },
  };
}

/** Call ids are ours, never the provider's: unique in the run, and the same when a lost step is asked again. */
function messageEvents(step: number, answer: ModelAnswer): NewEvent[] {
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
          effect: effectOf(call.tool),
        },
      }),
    ),
  ];
}
