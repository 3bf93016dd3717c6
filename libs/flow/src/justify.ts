// Is a value justified by something trusted? Never: does it stand in something untrusted (R9).
import type { SessionMemory } from './memory.ts';
import { isSelected } from './selection.ts';
import type { Scalar, Source, Stated } from './stated.ts';
import type { FrozenGrant } from './task-grant.ts';
import type { ArgLabel, Effect } from './tool-label.ts';
import { isOnHosts, normalizeUrl } from './urls.ts';

/** From the user's own word down to nobody's. The first four hold for private data too (R11). */
export type Ground =
  | 'stated'
  | 'selected'
  | 'constant'
  | 'empty'
  | 'trusted'
  | 'attested'
  | 'granted'
  | 'followed'
  | 'none';

export interface Justification {
  readonly ground: Ground;
  readonly sources: readonly Source[];
}

export interface Evidence {
  readonly stated: Stated;
  readonly memory: SessionMemory;
  readonly grant: FrozenGrant;
  readonly trustedDomains: readonly string[];
  /** Links of a page that were followed so far. */
  readonly followed: number;
}

const LONGEST = 2_000;
const ORDER: readonly Ground[] = [
  'none',
  'followed',
  'granted',
  'attested',
  'trusted',
  'empty',
  'constant',
  'selected',
  'stated',
];

export function isOfTheUser(ground: Ground): boolean {
  return ground === 'stated' || ground === 'selected' || ground === 'constant' || ground === 'empty';
}

function seenAt(evidence: Evidence, value: Scalar): readonly Source[] {
  const seen = evidence.memory.findAnywhere(value);
  return seen === undefined ? [] : [{ kind: 'tool', call: seen.call, tool: seen.tool, path: seen.path }];
}

/** R12b: verbatim in the link list of a page, on a site that the user stated, while nothing private was read. */
function mayFollow(evidence: Evidence, url: string): boolean {
  const { follow } = evidence.grant;
  const depth = evidence.memory.linkDepth(url);
  if (follow === undefined || depth === undefined || depth > follow.depth) return false;
  if (evidence.followed >= follow.count || evidence.memory.holdsPrivate) return false;
  const host = URL.parse(url)?.hostname ?? '';
  return [...evidence.stated.urls.keys()].some((stated) => {
    const site = URL.parse(stated)?.hostname ?? '';
    return site !== '' && (host === site || host.endsWith(`.${site}`));
  });
}

function isGrantedHost(evidence: Evidence, url: string): boolean {
  return isOnHosts(evidence.grant.hosts ?? [], url);
}

function justifyFromMemory(
  value: Scalar,
  label: ArgLabel,
  effect: Effect,
  evidence: Evidence,
): Justification | undefined {
  const { memory, stated } = evidence;
  const trusted = memory.findTrusted(value);
  const attested = label.kind === undefined ? undefined : memory.findAttested(value, label.kind);
  const field = trusted ?? attested;
  if (field === undefined) return undefined;
  const sources: Source[] = [{ kind: 'tool', call: field.call, tool: field.tool, path: field.path }];
  const chosen =
    (memory.wasAsked(field.call) && field.record === '') ||
    isSelected(field, memory.fieldsOf(field.call), stated, evidence.trustedDomains);
  // A sender picks his own name: who he is counts only where his domain is one of ours.
  const ours = field.kind !== 'sender' || evidence.trustedDomains.some((domain) => field.folded.endsWith(`@${domain}`));
  if (chosen && (trusted !== undefined || ours)) return { ground: 'selected', sources };
  if (trusted !== undefined) return { ground: 'trusted', sources };
  return effect === 'destroy' ? undefined : { ground: 'attested', sources };
}

function justifyOne(value: Scalar, label: ArgLabel, effect: Effect, evidence: Evidence): Justification {
  if (value === null)
    return effect === 'destroy' || effect === 'pay'
      ? { ground: 'none', sources: [] }
      : { ground: 'empty', sources: [] };
  if (label.oneOf?.includes(value) === true) return { ground: 'constant', sources: [] };
  if (value === '' || (typeof value === 'string' && value.length > LONGEST)) return { ground: 'none', sources: [] };
  const said = evidence.stated.find(value);
  if (said !== undefined) return { ground: 'stated', sources: [said] };
  const remembered = justifyFromMemory(value, label, effect, evidence);
  if (remembered !== undefined) return remembered;
  const url = typeof value === 'string' ? normalizeUrl(value) : undefined;
  if (url !== undefined && isGrantedHost(evidence, url)) return { ground: 'granted', sources: [] };
  if (url !== undefined && effect === 'egress' && mayFollow(evidence, url))
    return { ground: 'followed', sources: seenAt(evidence, value) };
  return { ground: 'none', sources: seenAt(evidence, value) };
}

/** `Bob <bob@x.example>, eve@y.example` is two targets, and the names are none. */
function splitTargets(value: Scalar): readonly Scalar[] {
  if (typeof value !== 'string' || !value.includes('@') || value.length > LONGEST) return [value];
  const parts = value
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.map((part) => /^[^<>@]{0,100}<([^<>\s]{3,320})>$/.exec(part)?.[1] ?? part);
}

/** The weakest ground among the targets that a value names. */
export function justify(value: Scalar, label: ArgLabel, effect: Effect, evidence: Evidence): Justification {
  const whole = justifyOne(value, label, effect, evidence);
  const parts = splitTargets(value);
  if (whole.ground === 'stated' || parts.length === 0 || (parts.length === 1 && parts[0] === value)) return whole;
  const judged = parts.map((part) => justifyOne(part, label, effect, evidence));
  const weakest = judged.reduce((low, one) => (ORDER.indexOf(one.ground) < ORDER.indexOf(low.ground) ? one : low));
  return { ground: weakest.ground, sources: judged.flatMap(({ sources }) => sources) };
}

/** A place found inside a text: nothing attested vouches for it (R9c). */
export function justifyPlace(value: string, effect: Effect, evidence: Evidence): Justification {
  const bare = /^(?:mailto|tel):(.*)$/i.exec(value)?.[1] ?? value;
  const spelt = [value, bare, `https://${value}`];
  for (const one of spelt) {
    const judged = justifyOne(one, { role: 'target' }, effect, evidence);
    if (judged.ground !== 'none') return judged;
  }
  return { ground: 'none', sources: seenAt(evidence, value) };
}
