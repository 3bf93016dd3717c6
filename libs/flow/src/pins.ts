// A server's tools as they were when a person looked (R29, R30). What changes afterwards is put aside until a person has seen the difference.
import { canonicalText, digestOf } from './canonical.ts';
import { FlowError } from './flow-error.ts';
import { skeleton } from './names.ts';
import { type Json, sanitizeValue } from './sanitize.ts';
import type { Schema } from './schema.ts';

export interface ToolDefinition {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema?: Schema;
  readonly outputSchema?: Schema;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export type PinStatus = 'new' | 'same' | 'changed' | 'removed' | 'refused';
export interface PinLine {
  /** `server.tool`. */
  readonly tool: string;
  readonly status: PinStatus;
  readonly hash: string;
  /** Held until a person approves exactly this hash. */
  readonly quarantined: boolean;
  readonly flags: readonly string[];
  /** Members that differ, as sanitised JSON texts. */
  readonly diff: readonly { readonly member: string; readonly before: string; readonly after: string }[];
}
export interface PinReport {
  readonly server: string;
  readonly lines: readonly PinLine[];
}
export interface Pin {
  readonly hash: string;
  readonly definition: ToolDefinition;
  readonly quarantined: boolean;
}

export interface PinBook {
  pinTools(server: string, definitions: readonly ToolDefinition[]): PinReport;
  /** Only a person's deed: opens the quarantine of one tool at one hash. */
  approve(tool: string, hash: string, approver: string): void;
  find(tool: string): Pin | undefined;
  /** Whether tools of this server were ever pinned. */
  knows(server: string): boolean;
  hashes(): Readonly<Record<string, string>>;
}

const RESERVED = new Set([
  'web',
  'http',
  'artifact',
  'entity',
  'system',
  'user',
  'assistant',
  'developer',
  'tool',
  'sallyport',
  'platform',
]);
const SERVER = /^[a-z0-9][a-z0-9_-]{0,39}$/;
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const MOST_TOOLS = 500;
const MEMBERS = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'] as const;
const PATHS = /(?:~\/|\/etc\/|\/home\/|\/root\/|\.ssh|\.env\b|id_rsa|\.aws|[A-Z]:\\)/;

const pinned = (definition: ToolDefinition): Record<string, unknown> =>
  Object.fromEntries(MEMBERS.map((member) => [member, definition[member]]).filter(([, value]) => value !== undefined));

function show(value: unknown): string {
  return value === undefined ? '' : canonicalText(sanitizeValue(value).value as Json).slice(0, 4_000);
}

function flagsOf(server: string, definition: ToolDefinition, others: readonly string[]): string[] {
  const text = canonicalText(pinned(definition));
  const flags: string[] = [];
  const { findings } = sanitizeValue(pinned(definition));
  if (findings.some(({ kind }) => kind === 'control_token')) flags.push('control_tokens');
  if (findings.some(({ kind }) => kind === 'hidden')) flags.push('hidden_characters');
  if (PATHS.test(text)) flags.push('names_a_path');
  const foreign = others.filter((other) => !other.startsWith(`${server}.`));
  const words = new Set(text.toLowerCase().match(/[a-z][\w-]{2,}(?:\.[\w-]+)?/g));
  // A short name of another server's tool is an ordinary word as often as not; a full one is not.
  if (
    foreign.some(
      (other) =>
        words.has(other.toLowerCase()) ||
        (/[_-]/.test(other) && words.has(other.split('.').slice(1).join('.').toLowerCase())),
    )
  )
    flags.push('names_another_tool');
  return flags;
}

function refusal(
  server: string,
  definition: ToolDefinition,
  names: ReadonlyMap<string, string>,
  seen: ReadonlySet<string>,
): string | undefined {
  if (!SERVER.test(server) || RESERVED.has(server)) return 'server_name';
  if (typeof definition.name !== 'string' || !NAME.test(definition.name)) return 'tool_name';
  const tool = `${server}.${definition.name}`;
  if (seen.has(tool)) return 'collision';
  const twin = names.get(skeleton(tool));
  return twin !== undefined && twin !== tool ? 'confusable' : undefined;
}

function differences(before: ToolDefinition, after: ToolDefinition): PinLine['diff'] {
  const changed = MEMBERS.filter((member) => show(before[member]) !== show(after[member]));
  return changed.map((member) => ({ member, before: show(before[member]), after: show(after[member]) }));
}

/** What a server offers no more waits for a person, should it come back. */
function putAside(server: string, pins: Map<string, Pin>, seen: ReadonlySet<string>): PinLine[] {
  const gone = [...pins].filter(([tool]) => tool.startsWith(`${server}.`) && !seen.has(tool));
  return gone.map(([tool, pin]) => {
    pins.set(tool, { ...pin, quarantined: true });
    return { tool, status: 'removed', hash: pin.hash, quarantined: true, flags: [], diff: [] };
  });
}

/** `reserved` are the names of the deployer's own tools. */
export function createPinBook(reserved: readonly string[] = []): PinBook {
  const pins = new Map<string, Pin>();
  const servers = new Set<string>();
  const judge = (
    server: string,
    definition: ToolDefinition,
    names: ReadonlyMap<string, string>,
    seen: Set<string>,
    first: boolean,
  ): PinLine => {
    const tool = `${server}.${String(definition.name)}`.slice(0, 120);
    const refused = refusal(server, definition, names, seen);
    if (refused !== undefined)
      return { tool, status: 'refused', hash: '', quarantined: true, flags: [refused], diff: [] };
    seen.add(tool);
    const hash = digestOf(pinned(definition));
    const before = pins.get(tool);
    const flags = flagsOf(server, definition, [...reserved, ...pins.keys()]);
    if (before?.hash === hash) return { tool, status: 'same', hash, quarantined: before.quarantined, flags, diff: [] };
    const quarantined = before !== undefined || !first || flags.length > 0;
    pins.set(tool, { hash, definition: structuredClone(definition), quarantined });
    const diff = before === undefined ? [] : differences(before.definition, definition);
    return { tool, status: before === undefined ? 'new' : 'changed', hash, quarantined, flags, diff };
  };
  return {
    pinTools: (server, definitions) => {
      if (definitions.length > MOST_TOOLS) throw new FlowError('too_large', 'A server may offer 500 tools at most.');
      const first = !servers.has(server);
      const names = new Map([...reserved, ...pins.keys()].map((name) => [skeleton(name), name]));
      const seen = new Set<string>(reserved);
      const lines: PinLine[] = [];
      for (const definition of definitions) {
        const line = judge(server, definition, names, seen, first);
        if (line.status !== 'refused') names.set(skeleton(line.tool), line.tool);
        lines.push(line);
      }
      servers.add(server);
      lines.push(...putAside(server, pins, seen));
      return { server, lines };
    },
    approve: (tool, hash, approver) => {
      const pin = pins.get(tool);
      if (approver.trim() === '' || pin === undefined || pin.hash !== hash)
        throw new FlowError('bad_approval', 'The definition is not the one that was shown.');
      pins.set(tool, { ...pin, quarantined: false });
    },
    find: (tool) => pins.get(tool),
    knows: (server) => servers.has(server),
    hashes: () => Object.fromEntries([...pins].map(([tool, { hash }]) => [tool, hash])),
  };
}

/** Judges the tools of one server against a book; without one, as if they were seen for the first time. */
export function pinTools(
  server: string,
  definitions: readonly ToolDefinition[],
  book: PinBook = createPinBook(),
): PinReport {
  return book.pinTools(server, definitions);
}
