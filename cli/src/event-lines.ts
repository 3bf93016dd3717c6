// One line for each event type. Events are read openly: a field may be missing, of another kind, or hostile text.
import { EVENT_VERSIONS, type EventType, isReadable } from '@sallyport/contracts';
import { inert } from './inert.ts';
import { showBytes, type Tone } from './print.ts';

export interface EventLine {
  readonly glyph: string;
  readonly word: string;
  readonly tone: Tone;
  readonly sentence: string;
}

/** Reads by dotted path; every text it gives out is inert and short. */
export interface Fields {
  /** `?` when it is not there. */
  text(path: string, most?: number): string;
  number(path: string): number | undefined;
  list(path: string): readonly unknown[];
}

const SHORT = 160;

export function fieldsOf(data: unknown): Fields {
  const find = (path: string): unknown =>
    path.split('.').reduce<unknown>((at, name) => {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
      return (at as Record<string, unknown>)[name];
    }, data);
  return {
    text: (path, most = SHORT) => {
      const value = find(path);
      if (typeof value === 'string') return inert(value, most);
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '?';
    },
    number: (path) => {
      const value = find(path);
      return typeof value === 'number' ? value : undefined;
    },
    list: (path) => {
      const value = find(path);
      return Array.isArray(value) ? value : [];
    },
  };
}

type Row = readonly [glyph: string, word: string, tone: Tone, sentence: (fields: Fields) => string];

const size = (fields: Fields, path: string): string => {
  const bytes = fields.number(path);
  return bytes === undefined ? '? B' : showBytes(bytes);
};

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

function modelMessage(fields: Fields): string {
  const parts = fields.list('parts').map(fieldsOf);
  const texts = parts.filter((part) => part.text('kind') === 'text').map((part) => part.text('text', 240));
  const calls = parts.filter((part) => part.text('kind') === 'tool_call').map((part) => part.text('tool', 60));
  const asks = calls.length === 0 ? [] : [`asks for ${calls.slice(0, 8).join(', ')}${calls.length > 8 ? ', …' : ''}`];
  return inertJoin([...texts, ...asks]) || `nothing (${fields.text('finish_reason', 40)})`;
}

function inertJoin(texts: readonly string[]): string {
  const all = texts.join(' · ');
  return all.length > 400 ? `${all.slice(0, 400)}…` : all;
}

function codes(fields: Fields): string {
  const all = fields.list('reasons').map((reason) => fieldsOf(reason).text('code', 60));
  return inertJoin([...new Set(all)]) || 'no reason';
}

function said(fields: Fields): string {
  return inertJoin(fields.list('parts').map((part) => fieldsOf(part).text('text', 240)));
}

function toolCompleted(fields: Fields): string {
  const findings = fields.number('findings') ?? 0;
  const suspicious = findings > 0 ? `; ${plural(findings, 'suspicious passage')} made inert` : '';
  const label = `${fields.text('label.integrity', 20)}, ${fields.text('label.confidentiality', 20)}`;
  const ms = fields.number('duration_ms');
  const took = ms === undefined ? '' : ` in ${(ms / 1000).toFixed(1)} s`;
  return `${fields.text('tool', 60)}: ${size(fields, 'bytes')}${took} (${label})${suspicious}`;
}

const ROWS: Readonly<Record<string, Row>> = {
  'run.created': [
    '○',
    'created',
    'plain',
    (f) =>
      `${f.text('skill.name', 60)}@${f.text('skill.version', 20)} on ${f.text('model', 60)}; at most ${f.text('budget.tokens', 20)} tokens, ${f.text('budget.cost', 20)} USD, ${f.text('budget.seconds', 20)} s, ${f.text('budget.calls', 20)} calls`,
  ],
  'run.started': ['▶', 'started', 'plain', () => 'a worker took the run'],
  'run.resumed': ['▶', 'resumed', 'plain', (f) => `another worker took the run over (take ${f.text('epoch', 20)})`],
  'run.waiting': ['‖', 'held', 'warn', (f) => f.text('reason')],
  'run.succeeded': ['✓', 'succeeded', 'good', (f) => f.text('outcome', 240)],
  'run.failed': ['✗', 'failed', 'bad', (f) => `${f.text('error.code', 60)}: ${f.text('error.message', 240)}`],
  'run.cancelled': ['■', 'cancelled', 'warn', (f) => `by ${f.text('by', 60)}`],
  'step.started': ['·', 'step', 'quiet', (f) => `${f.text('step', 10)} begins: ${f.text('name', 60)}`],
  'step.completed': ['·', 'step', 'quiet', (f) => `${f.text('step', 10)} ends: ${f.text('status', 60)}`],
  'model.message': ['◆', 'model', 'plain', modelMessage],
  'tool.call.requested': ['→', 'asks', 'plain', (f) => `${f.text('tool', 60)} (${f.text('effect', 40)})`],
  'tool.call.denied': [
    '⊘',
    'refused',
    'warn',
    (f) =>
      `${f.text('tool', 60)}: ${f.text('reason', 60)}; ${f.text('detail')}${f.text('by.kind') === 'person' ? ` (by ${f.text('by.user_id', 40)})` : ''}`,
  ],
  'tool.call.decided': [
    '·',
    'decided',
    'quiet',
    (f) => `${f.text('tool', 60)} (${f.text('effect', 40)}): ${f.text('verdict', 20)}; ${codes(f)}`,
  ],
  'tool.call.held': [
    '‖',
    'held',
    'warn',
    (f) =>
      `${f.text('tool', 60)}: ${f.text('rule', 60)}; approval ${f.text('approval_id', 40)}, until ${f.text('expires_at', 40)}`,
  ],
  'tool.call.approved': [
    '✓',
    'approved',
    'good',
    (f) => `${f.text('tool', 60)} by ${plural(f.list('decided_by').length, 'approver')}`,
  ],
  'tool.call.expired': ['⊘', 'expired', 'warn', (f) => `${f.text('tool', 60)}: nobody approved it in time`],
  'effect.unknown': [
    '?',
    'unknown',
    'bad',
    (f) => `${f.text('tool', 60)}: nobody knows what became of ${f.text('effect_key', 60)} (${f.text('reason', 40)})`,
  ],
  'human.message': ['☺', 'person', 'plain', (f) => `on ${f.text('about', 80)}: ${said(f)}`],
  'tool.call.started': ['→', 'calls', 'quiet', (f) => `${f.text('tool', 60)} (attempt ${f.text('attempt', 10)})`],
  'tool.call.completed': ['←', 'answer', 'plain', toolCompleted],
  'tool.call.failed': [
    '✗',
    'tool failed',
    'warn',
    (f) => `${f.text('tool', 60)}: ${f.text('error.code', 60)}; ${f.text('error.message')}`,
  ],
  'usage.recorded': [
    '$',
    'usage',
    'quiet',
    (f) =>
      `${f.text('input_tokens', 20)} in, ${f.text('output_tokens', 20)} out, ${f.text('cost', 30)} ${f.text('currency', 10)} (${f.text('settlement', 20)})`,
  ],
  'budget.exceeded': [
    '⊘',
    'budget',
    'bad',
    (f) => `${f.text('limit', 40)}: ${f.text('observed', 40)} of ${f.text('allowed', 40)}; ${f.text('action', 40)}`,
  ],
  'artifact.created': [
    '▤',
    'artifact',
    'plain',
    (f) =>
      `${f.text('artifact_id', 40)}: ${f.text('media_type', 80)}, ${size(f, 'bytes')} (${f.text('data_class', 40)})`,
  ],
  'entity.extracted': [
    '◇',
    'entity',
    'plain',
    (f) =>
      `${f.text('type', 60)}@${f.text('version', 10)}: ${f.text('attributes.title', 120)} (evidence: ${f.list('evidence').length})`,
  ],
  'egress.allowed': [
    '↗',
    'went out',
    'plain',
    (f) =>
      `${f.text('host', 120)}:${f.text('port', 10)}: ${f.text('status', 10) || 'no answer'}, ${f.text('bytes', 20)} bytes${f.text('code', 60) === '' ? '' : ` (${f.text('code', 60)})`}`,
  ],
  'egress.blocked': [
    '⊘',
    'blocked',
    'warn',
    (f) => `${f.text('host', 120)}:${f.text('port', 10)}: ${f.text('rule', 60)} (${f.text('code', 60)})`,
  ],
  'event.payload_removed': [
    '-',
    'removed',
    'plain',
    (f) =>
      `payloads of ${f.text('first_seq', 12)} to ${f.text('last_seq', 12)}: ${f.text('reason', 60)} by ${f.text('policy', 60)}`,
  ],
  'effect.settled': [
    '=',
    'effect',
    'plain',
    (f) => `${f.text('effect_key', 60)}: ${f.text('outcome', 60)} by ${f.text('by', 60)}`,
  ],
} satisfies Partial<Record<EventType, Row>>;

export function knowsEventType(type: string): boolean {
  return Object.hasOwn(ROWS, type);
}

interface Shown {
  readonly type: string;
  readonly version: number;
  readonly data: unknown;
  readonly data_state?: unknown;
  readonly fallback?: unknown;
}

/** Never throws, and never guesses: what it does not know is said plainly and in a neutral tone. */
export function lineOf(event: Shown): EventLine {
  const row = rowOf(event);
  if (row === undefined) return { glyph: '·', word: 'event', tone: 'quiet', sentence: unknownSentence(event) };
  const [glyph, word, tone, sentence] = row;
  if (event.data === null || event.data === undefined) {
    const state = inert(String(event.data_state ?? 'missing'), 40);
    return { glyph, word, tone: 'quiet', sentence: `(payload ${state})` };
  }
  return { glyph, word, tone, sentence: sentence(fieldsOf(event.data)) };
}

/** Older versions of a type are read by the row of the newest, which finds less in them. */
function rowOf({ type, version, data }: Shown): Row | undefined {
  if (type === 'stream.gap') return GAP;
  const row = Object.hasOwn(ROWS, type) ? ROWS[type] : undefined;
  if (row === undefined || !(version <= EVENT_VERSIONS[type as EventType])) return undefined;
  // Nothing looks like a success by its name alone.
  const bare = data === null || data === undefined;
  return row[2] === 'good' && !bare && !isReadable(type, version, data) ? undefined : row;
}

const GAP: Row = ['·', 'gap', 'quiet', (f) => `${f.text('type', 80)} has no form that this command knows`];

function unknownSentence(event: Shown): string {
  const fallback = fieldsOf(event.fallback);
  const said = [fallback.text('title'), fallback.text('text', 300)].filter((text) => text !== '?').join(': ');
  return `${inert(event.type, 80)}${said === '' ? '' : ` – ${said}`} (newer than this command)`;
}
