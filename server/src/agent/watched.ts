// What a person sees of a step while it is at work: ids on its log lines, and a span where traces are on.
import type { LogFields } from '../log.ts';
import type { Attributes } from '../traces/traces.ts';
import type { AgentDeps, DriveContext } from './context.ts';
import type { Journal, PendingCall } from './journal.ts';
import type { Model } from './model.ts';

interface Work {
  readonly name: string;
  readonly ids: LogFields;
  readonly attributes: Attributes;
}

export function modelWork({ name }: Model, step: number): Work {
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': name, 'sallyport.step': step } as const;
  return { name: `chat ${name}`, ids: { step, model: name }, attributes };
}

/** The name of a tool is what a model wrote, until it is one of ours. */
export function toolWork({ granted }: DriveContext, { step }: Journal, { callId, tool }: PendingCall): Work {
  const known = granted.some(({ name }) => name === tool) ? tool : 'unknown';
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': known,
    'gen_ai.tool.call.id': callId,
    'sallyport.step': step,
  } as const;
  return { name: `execute_tool ${known}`, ids: { step, call_id: callId, tool: known }, attributes };
}

export function watched<T>(deps: AgentDeps, context: DriveContext, work: Work, run: () => Promise<T>): Promise<T> {
  const { traces } = deps;
  const { principal } = context;
  const ids = { 'sallyport.tenant_id': principal.tenantId, 'sallyport.run_id': principal.runId } as const;
  return context.log.within(work.ids, () =>
    traces === undefined
      ? run()
      : traces.span({ name: work.name, kind: 'internal', attributes: { ...ids, ...work.attributes } }, run),
  );
}
