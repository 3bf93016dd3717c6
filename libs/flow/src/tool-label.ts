// What the deployer knows of a tool (R1). No label means the worst (R2); what a server says of itself may only tighten one.
import type { Confidentiality, Integrity } from './label.ts';

export type Effect = 'read' | 'egress' | 'write' | 'send' | 'pay' | 'destroy' | 'credential';
export type ArgRole = 'target' | 'param' | 'content' | 'meta' | 'query';
/** What an attested field vouches for (R9c). */
export type Kind = 'record' | 'sender' | 'digest';

export interface ArgLabel {
  readonly role: ArgRole;
  /** An attested field of this kind may justify the argument. */
  readonly kind?: Kind;
  /** Values that the deployer stands for. */
  readonly oneOf?: readonly (string | number | boolean)[];
  /** The value must be on this list of the grant. */
  readonly granted?: 'entityTypes';
  /** Judged in an untainted session too. */
  readonly always?: boolean;
  /** What happens to an unjustified value; held for a person unless told. */
  readonly otherwise?: 'block';
  /** Markdown or HTML for the tenant's own store: its links are made inert before the call (R10). */
  readonly inert?: boolean;
  /** Never shown on a card, never written to a trace. */
  readonly secret?: boolean;
}

export interface FieldLabel {
  readonly integrity?: Integrity;
  readonly confidentiality?: Confidentiality;
}

export interface OutputLabel {
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
  readonly attestedFields?: readonly { readonly path: string; readonly as: Kind }[];
  /** Fields whose label differs, by path: `artifact_id`, `rows[*].total`. */
  readonly fields?: Readonly<Record<string, FieldLabel>>;
  /** The label of the stored row is joined (R3a); without one the result counts as untrusted and private. */
  readonly asStored?: boolean;
  /** Paths of the link list of a page, for links that may be followed or kept. */
  readonly links?: readonly string[];
}

export interface ToolLabel {
  readonly effect: Effect;
  /** By argument name; a dotted path inside an object; `*` for the rest. An argument without a label is a target. */
  readonly args: Readonly<Record<string, ArgRole | ArgLabel>>;
  readonly output: OutputLabel;
  /** Who runs what answers (R35); outside unless told, and ours for reads and writes of the tenant's own store. */
  readonly backEnd?: 'ours' | 'outside';
}

export type ToolLabels = Readonly<Record<string, ToolLabel>>;

export const WORST_LABEL: ToolLabel = {
  effect: 'send',
  args: {},
  output: { integrity: 'untrusted', confidentiality: 'private' },
};

export function findLabel(labels: ToolLabels, tool: string): ToolLabel {
  return Object.hasOwn(labels, tool) ? (labels[tool] ?? WORST_LABEL) : WORST_LABEL;
}

/** What an argument is for. `path` has `*` for indexes: `to`, `to[*]`, `attributes.name`. */
export function argLabel(label: ToolLabel, path: string): ArgLabel {
  const bare = path.replaceAll('[*]', '');
  const parts = bare.split('.');
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.');
    const found = Object.hasOwn(label.args, name) ? label.args[name] : undefined;
    if (found !== undefined) return typeof found === 'string' ? { role: found } : found;
  }
  const rest = Object.hasOwn(label.args, '*') ? label.args['*'] : undefined;
  return typeof rest === 'string' ? { role: rest } : (rest ?? { role: 'target' });
}

const ORDER: readonly Effect[] = ['read', 'egress', 'write', 'send', 'pay', 'destroy', 'credential'];

/** A server's own annotations may make a label stricter, never laxer (R1). */
export function tightenLabel(label: ToolLabel, annotations: Readonly<Record<string, unknown>> = {}): ToolLabel {
  const claimed: Effect | undefined =
    annotations.destructiveHint === true
      ? 'destroy'
      : annotations.readOnlyHint === false
        ? 'write'
        : annotations.openWorldHint === true
          ? 'egress'
          : undefined;
  const effect = claimed !== undefined && ORDER.indexOf(claimed) > ORDER.indexOf(label.effect) ? claimed : label.effect;
  const backEnd = annotations.openWorldHint === true ? 'outside' : label.backEnd;
  return { ...label, effect, ...(backEnd === undefined ? {} : { backEnd }) };
}

/** Whether a call can leave the tenant or cannot be undone (R13a). */
export function setsC(label: ToolLabel, carriesBody: boolean): boolean {
  if (label.effect === 'egress') return carriesBody;
  return label.effect !== 'read' && label.effect !== 'write';
}

/** Whether what is passed to the tool is seen outside the tenant. */
export function leavesTenant(label: ToolLabel): boolean {
  if (label.effect === 'read' || label.effect === 'write') return label.backEnd === 'outside';
  return label.effect !== 'destroy' || label.backEnd === 'outside';
}
