// Owns the session in which a run's calls are decided: what people said, what was read since, and whose word each value is.
// Promises that the same run, skill, tools and journal make the same session and so the same decisions, on any worker.
// Must never take a word of a tool or a model for a person's.
import type { ApprovalCard, EventData, Reason } from '@sallyport/contracts';
import type { ApprovalCard as FlowCard, Reason as FlowReason, Session, Source, ToolLabels } from '@sallyport/flow';
import { createGateway } from '@sallyport/flow';
import type { RunWork } from '../runs/runs.ts';

export interface SessionGround {
  readonly work: RunWork;
  readonly skillBody: string;
  /** Labels of tools that are not built in. */
  readonly labels: ToolLabels;
  /** False only where the proof removes the grant: then every tool of this list is granted without count. */
  readonly granted: boolean;
  readonly tools: readonly string[];
  readonly entityTypes: readonly string[];
}

export function openRunSession(ground: SessionGround): Session {
  const { work, granted } = ground;
  const { grant } = work;
  // Every connect is judged by the egress guard, which knows the operator's own ranges and what names resolve to.
  const gateway = createGateway({ labels: ground.labels, policy: { privateAddresses: 'elsewhere' } });
  return gateway.open({
    id: work.id,
    principal: work.userId,
    prompt: work.task,
    input: { urls: work.input.urls ?? [], artifacts: work.input.artifacts ?? [] },
    skill: ground.skillBody,
    now: work.createdAt.getTime(),
    grant: granted
      ? { source: 'template', tools: grant.tools, hosts: grant.hosts, entityTypes: grant.entityTypes }
      : { source: 'template', tools: ground.tools.map((tool) => ({ tool })), entityTypes: ground.entityTypes },
  });
}

const MOST_REASONS = 100;
const MOST_SOURCES = 20;

function tellSource(source: Source): Reason['sources'][number] {
  if (source.kind === 'tool')
    return {
      kind: 'tool',
      call_id: source.call.slice(0, 100),
      tool: source.tool.slice(0, 200),
      path: source.path.slice(0, 300),
    };
  const [from, to] = source.span;
  return { kind: 'prompt', part: source.part.slice(0, 200), from, to };
}

function tellSources(sources: readonly Source[] = []): Reason['sources'] {
  return sources.slice(0, MOST_SOURCES).map(tellSource);
}

/** Reasons as events and cards hold them. */
export function tellReasons(reasons: readonly FlowReason[]): Reason[] {
  return reasons.slice(0, MOST_REASONS).map(({ code, arg, value, sources, detail }) => ({
    code: code.slice(0, 200),
    ...(arg === undefined ? {} : { arg: arg.slice(0, 300) }),
    ...(value === undefined ? {} : { value: value.slice(0, 1_000) }),
    sources: tellSources(sources),
    detail: detail.slice(0, 500),
  }));
}

export function tellCard(card: FlowCard): ApprovalCard {
  return {
    tool: card.tool,
    effect: card.effect,
    arguments: card.arguments.map((one) => ({
      path: one.path,
      role: one.role,
      shown: one.shown,
      ground: one.ground,
      sources: tellSources(one.sources),
      flags: [...one.flags].slice(0, 20),
      findings: one.findings.slice(0, 50).map(({ kind, count }) => ({ kind, count })),
    })),
    why: tellReasons(card.why),
    irreversible: card.irreversible,
    rule: { untrusted: card.rule.A, private: card.rule.B, leaves: card.rule.C },
  };
}

/** The label of everything that the session has read. */
export function sessionLabel(session: Session): EventData<'tool.call.decided'>['label'] {
  const { tainted, B } = session.state();
  return { integrity: tainted ? 'untrusted' : 'trusted', confidentiality: B ? 'private' : 'public' };
}
