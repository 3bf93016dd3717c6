// Folds the events of a run into what the loop needs to go on: the journal is the only memory of a run (DEC-003).
import { type EventData, type EventEnvelope, TERMINAL_EVENTS } from '@sallyport/contracts';
import { joinLabels, type Label, normalizeUrl, type Past } from '@sallyport/flow';
import type { Message, ToolRequest } from '../prompt/prompt.ts';

export interface PendingCall extends ToolRequest {
  /** How often it was begun without an outcome. */
  readonly started: number;
  /** The gateway asked people about it. */
  readonly held?: { readonly digest: string };
  /** They approved it, under this digest. */
  readonly approved?: { readonly digest: string };
  /** It was begun, and nobody knows what became of it: a person says. */
  readonly unknown?: true;
}

export interface Journal {
  /** Number of the next model step, from 1. */
  readonly step: number;
  readonly messages: readonly Message[];
  /** Calls that were asked for and have no outcome yet, in order. */
  readonly pending: readonly PendingCall[];
  /** Calls of each tool that were begun. */
  readonly used: ReadonlyMap<string, number>;
  /** Artifacts that this run made. */
  readonly minted: ReadonlySet<string>;
  /** Those of them that are results. */
  readonly artifactIds: readonly string[];
  /** Label of everything that was read so far. */
  readonly label: Label;
  /** Normalised URLs in the link list of a source that was read (R10). */
  readonly links: ReadonlySet<string>;
  /** The text of the last model message, when it asked for no tool. */
  readonly answer: { readonly text: string; readonly finishReason: string } | undefined;
  readonly ended: boolean;
  /** What changes the session in which calls are decided, in order. */
  readonly past: readonly Past[];
  /** `seq` of the last event that was read. */
  readonly lastSeq: number;
  /** Milliseconds in which the run waited for people. */
  readonly waitedMs: number;
}

/** Reads the rendering of a finished call that was too large for its event. */
export type LoadRendering = (artifactId: string) => Promise<string>;

interface Draft {
  step: number;
  messages: Message[];
  calls: Map<string, PendingCall>;
  used: Map<string, number>;
  minted: Set<string>;
  artifactIds: string[];
  labels: Label[];
  links: Set<string>;
  answer: Journal['answer'];
  ended: boolean;
  past: Past[];
  lastSeq: number;
  waitedMs: number;
  waitingSince: number | undefined;
}

/** The class of what `artifact.write` made; pages and renderings are means, not results. */
const RESULT_CLASS = 'artifact';

export async function replay(events: AsyncIterable<EventEnvelope>, load: LoadRendering): Promise<Journal> {
  const draft: Draft = {
    step: 1,
    messages: [],
    calls: new Map(),
    used: new Map(),
    minted: new Set(),
    artifactIds: [],
    labels: [],
    links: new Set(),
    answer: undefined,
    ended: false,
    past: [],
    lastSeq: -1,
    waitedMs: 0,
    waitingSince: undefined,
  };
  for await (const event of events) await take(draft, event, load);
  return {
    ...draft,
    pending: [...draft.calls.values()],
    label:
      draft.labels.length === 0
        ? { integrity: 'trusted', confidentiality: 'public', sources: [] }
        : joinLabels(...draft.labels),
  };
}

async function take(draft: Draft, event: EventEnvelope, load: LoadRendering): Promise<void> {
  draft.lastSeq = event.seq;
  takeWaiting(draft, event);
  switch (event.type) {
    case 'model.message':
      return takeMessage(draft, event.data as EventData<'model.message'>);
    case 'tool.call.requested': {
      const data = event.data as EventData<'tool.call.requested'>;
      draft.calls.set(data.call_id, { callId: data.call_id, tool: data.tool, arguments: data.arguments, started: 0 });
      return;
    }
    case 'tool.call.started': {
      const data = event.data as EventData<'tool.call.started'>;
      const call = draft.calls.get(data.call_id);
      if (call === undefined) return;
      if (call.started === 0) draft.used.set(call.tool, (draft.used.get(call.tool) ?? 0) + 1);
      draft.calls.set(data.call_id, { ...call, started: call.started + 1 });
      return;
    }
    case 'artifact.created': {
      const data = event.data as EventData<'artifact.created'>;
      draft.minted.add(data.artifact_id);
      if (data.data_class === RESULT_CLASS) draft.artifactIds.push(data.artifact_id);
      return;
    }
    case 'tool.call.completed':
      return takeResult(draft, event.data as EventData<'tool.call.completed'>, load);
    case 'tool.call.failed': {
      const data = event.data as EventData<'tool.call.failed'>;
      takeFailure(draft, data);
      return takeRefusal(draft, data.call_id, data.tool, data.error.code, data.error.message);
    }
    case 'tool.call.denied': {
      const data = event.data as EventData<'tool.call.denied'>;
      const call = draft.calls.get(data.call_id);
      // The same call is not asked about again (R18).
      if (call !== undefined && data.reason === DENIED_BY_PERSON)
        draft.past.push({ kind: 'settled', tool: call.tool, args: call.arguments, verdict: 'deny' });
      return takeRefusal(draft, data.call_id, data.tool, data.reason, data.detail);
    }
    case 'tool.call.held': {
      const { call_id: callId, digest } = event.data as EventData<'tool.call.held'>;
      return change(draft, callId, { held: { digest } });
    }
    case 'tool.call.approved': {
      const { call_id: callId, digest } = event.data as EventData<'tool.call.approved'>;
      return change(draft, callId, { approved: { digest } });
    }
    case 'tool.call.expired': {
      const data = event.data as EventData<'tool.call.expired'>;
      return takeRefusal(draft, data.call_id, data.tool, 'approval_expired', 'Nobody approved the call in time.');
    }
    case 'effect.unknown':
      return change(draft, (event.data as EventData<'effect.unknown'>).call_id, { unknown: true });
    case 'effect.settled':
      return takeResolution(draft, event.data as EventData<'effect.settled'>);
    default:
      draft.ended ||= TERMINAL_EVENTS.has(event.type);
  }
}

function takeMessage(draft: Draft, data: EventData<'model.message'>): void {
  const texts: string[] = [];
  const calls: ToolRequest[] = [];
  for (const part of data.parts) {
    if (part.kind === 'text') texts.push(part.text);
    else calls.push({ callId: part.call_id, tool: part.tool, arguments: part.arguments });
  }
  const text = texts.join('\n');
  draft.messages.push({ role: 'assistant', text, calls });
  draft.answer = calls.length === 0 ? { text, finishReason: data.finish_reason } : undefined;
  draft.step = data.step + 1;
}

async function takeResult(draft: Draft, data: EventData<'tool.call.completed'>, load: LoadRendering): Promise<void> {
  const payload =
    data.rendering ?? (data.rendering_artifact === undefined ? '{}' : await load(data.rendering_artifact));
  const call = draft.calls.get(data.call_id);
  draft.calls.delete(data.call_id);
  draft.messages.push({ role: 'tool', callId: data.call_id, tool: data.tool, payload });
  if (call !== undefined) recallCall(draft, call, { output: JSON.parse(payload), failed: false, label: data.label });
  const source = String(call?.arguments.url ?? call?.arguments.artifact_id ?? data.call_id).slice(0, 200);
  draft.labels.push({ ...data.label, sources: data.label.integrity === 'untrusted' ? [source] : [] });
  for (const url of linksIn(payload)) draft.links.add(url);
}

const DENIED_BY_PERSON = 'denied_by_person';

function change(draft: Draft, callId: string, more: Partial<PendingCall>): void {
  const call = draft.calls.get(callId);
  if (call !== undefined) draft.calls.set(callId, { ...call, ...more });
}

function takeWaiting(draft: Draft, event: EventEnvelope): void {
  const at = Date.parse(event.time);
  if (event.type === 'run.waiting') draft.waitingSince = at;
  if (event.type !== 'run.resumed' || draft.waitingSince === undefined) return;
  draft.waitedMs += Math.max(0, at - draft.waitingSince);
  draft.waitingSince = undefined;
}

/**
 * A call that was begun and has an outcome, as the session is to remember it. It is told when the outcome is there, and not when the
 * call began: one that is begun again after a crash must not count against itself.
 */
function recallCall(
  draft: Draft,
  call: PendingCall,
  outcome: { readonly output: unknown; readonly failed: boolean; readonly label?: Omit<Label, 'sources'> },
): void {
  const { tool, arguments: args } = call;
  const endorsed = call.approved !== undefined;
  if (endorsed) draft.past.push({ kind: 'settled', tool, args, verdict: 'approve' });
  draft.past.push({ kind: 'started', tool, args });
  const { output, failed, label } = outcome;
  const stored = label === undefined ? {} : { stored: { ...label, sources: [call.callId] } };
  draft.past.push({ kind: 'result', call: call.callId, tool, args, output, failed, endorsed, ...stored });
}

function takeFailure(draft: Draft, data: EventData<'tool.call.failed'>): void {
  const call = draft.calls.get(data.call_id);
  if (call !== undefined && call.started > 0)
    recallCall(draft, call, {
      output: { error: { code: data.error.code, message: data.error.message } },
      failed: true,
    });
}

const RESOLUTIONS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  happened: [
    'effect_happened',
    'A person found that the effect took place; there is no answer of it. Do not repeat it.',
  ],
  did_not_happen: ['effect_did_not_happen', 'A person found that the effect did not take place.'],
};
const NOT_KNOWN = ['effect_unknown', 'It is not known whether the effect took place. Do not repeat it.'] as const;

function takeResolution(draft: Draft, { effect_key: key, outcome }: EventData<'effect.settled'>): void {
  const call = [...draft.calls.values()].find((one) => one.unknown === true && `call:${one.callId}` === key);
  if (call === undefined) return;
  const [code, message] = RESOLUTIONS[outcome] ?? NOT_KNOWN;
  recallCall(draft, call, { output: { error: { code, message } }, failed: true });
  takeRefusal(draft, call.callId, call.tool, code, message);
}

function takeRefusal(draft: Draft, callId: string, tool: string, code: string, message: string): void {
  draft.calls.delete(callId);
  draft.messages.push({ role: 'tool', callId, tool, payload: JSON.stringify({ error: { code, message } }) });
}

/** The link list of a rendering, as the gateway wrote it. */
function linksIn(payload: string): string[] {
  const { links } = JSON.parse(payload) as { links?: unknown };
  if (!Array.isArray(links)) return [];
  return links.flatMap((link: unknown) => {
    const url = (link as { url?: unknown } | null)?.url;
    const normal = typeof url === 'string' ? normalizeUrl(url) : undefined;
    return normal === undefined ? [] : [normal];
  });
}
