// What a session has read, field by field: whose word each value is (R3, R6, R9b, R9c).
import { type Leaf, leavesOf } from './canonical.ts';
import { type Confidentiality, type Integrity, joinLabels, type Label } from './label.ts';
import { findPhrase, fold, readNumber } from './phrase.ts';
import type { Scalar } from './stated.ts';
import type { Kind, OutputLabel } from './tool-label.ts';
import { normalizeUrl } from './urls.ts';

const MOST_LEAVES = 20_000;
const SHORT = 4;

export interface Remembered extends Leaf {
  readonly call: string;
  readonly tool: string;
  readonly folded: string;
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
  readonly kind?: Kind;
}

export interface Reading {
  readonly call: string;
  readonly tool: string;
  readonly output: unknown;
  readonly label: OutputLabel;
  /** The label of the stored row, for tools whose output is `asStored`. */
  readonly stored?: Label;
  /** An argument of the call was nobody's but the page's: what came back was chosen by it. */
  readonly steered: boolean;
  /** Every argument of the call was the user's own word. */
  readonly asked: boolean;
  /** Arguments that nothing trusted justified; where they come back they are what they were (R6). */
  readonly unjustified: readonly Scalar[];
  /** Clicks from a stated page, for links that may be followed. */
  readonly depth: number;
}

export interface SessionMemory {
  absorb(reading: Reading): Label;
  /** A field of trusted output that is this value, or a trusted text in which it stands whole. */
  findTrusted(value: Scalar): Remembered | undefined;
  findAttested(value: Scalar, kind: Kind): Remembered | undefined;
  /** Where a value was seen, whoever wrote it; for people to read. */
  findAnywhere(value: Scalar): Remembered | undefined;
  /** Fields of one result, for choosing among its records. */
  fieldsOf(call: string): readonly Remembered[];
  wasAsked(call: string): boolean;
  /** Clicks to a link that stands verbatim in a link list. */
  linkDepth(url: string): number | undefined;
  links(): Iterable<string>;
  readonly tainted: boolean;
  readonly holdsPrivate: boolean;
  readonly because: readonly {
    readonly code: 'untrusted_read' | 'private_read';
    readonly call: string;
    readonly tool: string;
  }[];
}

/** `$.rows[].id`, `rows.*.id` and `rows[*].id` are one shape. */
function shapeOf(path: string): string {
  return path
    .replace(/^\$\.?/, '')
    .replaceAll('[]', '[*]')
    .replace(/(^|\.)\*(?=\.|$)/g, '[*]')
    .replace(/\[\d+\]/g, '[*]');
}

function covers(pattern: string, shape: string): boolean {
  const wanted = shapeOf(pattern);
  return shape === wanted || shape.startsWith(`${wanted}.`) || shape.startsWith(`${wanted}[`);
}

function isSame(leaf: Remembered, folded: string, url: string | undefined): boolean {
  if (url !== undefined) return typeof leaf.value === 'string' && normalizeUrl(leaf.value) === url;
  if (leaf.folded === folded) return folded !== '';
  const number = readNumber(folded);
  return number !== undefined && readNumber(leaf.folded) === number;
}

function labelLeaf(leaf: Leaf, reading: Reading, base: Label): Remembered {
  const folded = fold(String(leaf.value ?? ''));
  const own = Object.entries(reading.label.fields ?? {}).find(([path]) => covers(path, leaf.shape))?.[1];
  const echoed = reading.unjustified.some((value) => {
    const argument = fold(String(value ?? ''));
    return argument !== '' && (folded === argument || (argument.length >= SHORT && findPhrase(folded, argument) >= 0));
  });
  const attested = reading.label.attestedFields?.find(({ path }) => shapeOf(path) === leaf.shape)?.as;
  return {
    ...leaf,
    call: reading.call,
    tool: reading.tool,
    folded,
    integrity: echoed ? 'untrusted' : (own?.integrity ?? base.integrity),
    confidentiality: own?.confidentiality ?? base.confidentiality,
    ...(attested === undefined || echoed ? {} : { kind: attested }),
  };
}

function baseLabel(reading: Reading): Label {
  const { label, stored, steered, call } = reading;
  const unknown: Label = { integrity: 'untrusted', confidentiality: 'private', sources: [] };
  const own: Label = {
    integrity: steered ? 'untrusted' : label.integrity,
    confidentiality: label.confidentiality,
    sources: [call],
  };
  return label.asStored === true ? joinLabels(own, stored ?? unknown) : own;
}

/** A result is as good as the worst of its fields. */
function sumOf(fields: readonly Remembered[], { sources }: Label): Label {
  const labels = fields.map(({ integrity, confidentiality }): Label => ({ integrity, confidentiality, sources }));
  return joinLabels(...labels);
}

export function createMemory(): SessionMemory {
  const fields: Remembered[] = [];
  const byCall = new Map<string, readonly Remembered[]>();
  const asked = new Set<string>();
  const links = new Map<string, number>();
  const because: { code: 'untrusted_read' | 'private_read'; call: string; tool: string }[] = [];
  const find = (value: Scalar, fits: (leaf: Remembered) => boolean, within: boolean): Remembered | undefined => {
    const folded = fold(String(value ?? ''));
    const url = typeof value === 'string' ? normalizeUrl(value) : undefined;
    if (folded === '') return undefined;
    const whole = fields.find((leaf) => fits(leaf) && isSame(leaf, folded, url));
    if (whole !== undefined || !within || folded.length < SHORT || url !== undefined) return whole;
    return fields.find((leaf) => fits(leaf) && findPhrase(leaf.folded, folded) >= 0);
  };
  const note = (code: 'untrusted_read' | 'private_read', { call, tool }: Reading): void => {
    if (!because.some((entry) => entry.code === code && entry.tool === tool)) because.push({ code, call, tool });
  };
  return {
    absorb: (reading) => {
      const base = baseLabel(reading);
      const { leaves, whole } = leavesOf(reading.output, Math.max(0, MOST_LEAVES - fields.length));
      const labelled = leaves.map((leaf) => labelLeaf(leaf, reading, base));
      fields.push(...labelled);
      byCall.set(reading.call, labelled);
      if (reading.asked) asked.add(reading.call);
      for (const leaf of labelled)
        if (
          typeof leaf.value === 'string' &&
          reading.label.links?.some((path) => shapeOf(path) === leaf.shape) === true
        ) {
          const url = normalizeUrl(leaf.value);
          if (url !== undefined && !links.has(url)) links.set(url, reading.depth + 1);
        }
      const label = whole && labelled.length > 0 ? sumOf(labelled, base) : base;
      if (label.integrity === 'untrusted') note('untrusted_read', reading);
      if (label.confidentiality === 'private') note('private_read', reading);
      return label;
    },
    findTrusted: (value) => find(value, (leaf) => leaf.integrity === 'trusted', true),
    findAttested: (value, kind) => find(value, (leaf) => leaf.kind === kind, false),
    findAnywhere: (value) => {
      const folded = fold(String(value ?? ''));
      // For people to read: a part of a text is enough here, and nowhere else.
      return (
        find(value, () => true, true) ??
        (folded.length < SHORT ? undefined : fields.find((leaf) => leaf.folded.includes(folded)))
      );
    },
    fieldsOf: (call) => byCall.get(call) ?? [],
    wasAsked: (call) => asked.has(call),
    linkDepth: (url) => links.get(normalizeUrl(url) ?? ''),
    links: () => links.keys(),
    get tainted() {
      return because.some(({ code }) => code === 'untrusted_read');
    },
    get holdsPrivate() {
      return because.some(({ code }) => code === 'private_read');
    },
    because,
  };
}
