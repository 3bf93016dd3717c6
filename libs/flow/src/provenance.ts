// Every value of a call, and what speaks for it (R9, R10). Outside a tainted session there is nobody to obey but the user.
import { type Leaf, leavesOf } from './canonical.ts';
import { findContentTargets } from './content-targets.ts';
import { type Justification, justify, justifyPlace } from './justify.ts';
import { isPrivateUrl } from './private-address.ts';
import type { Scalar } from './stated.ts';
import { type ArgLabel, argLabel, type Effect, leavesTenant, type ToolLabel } from './tool-label.ts';
import { isOnHosts, normalizeUrl } from './urls.ts';
import type { Arguments, Judged, Reason, Standing } from './verdict.ts';

const MOST_VALUES = 2_000;
const MOST_META = 200;

/** A meta argument is a switch or a bound; what could carry a message is a parameter. */
function isBounded(value: Scalar, label: ArgLabel, tool: ToolLabel): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isSafeInteger(value) && Math.abs(value) <= 1e9;
  if (label.oneOf !== undefined) return label.oneOf.includes(value);
  return leavesTenant(tool) ? value.length <= 16 && /^[\w/+-]*$/.test(value) : value.length <= MOST_META;
}

/** What the argument is judged as, here and now. */
function roleOf(standing: Standing, leaf: Leaf, label: ArgLabel, tool: ToolLabel): ArgLabel['role'] {
  if (label.role === 'meta') return isBounded(leaf.value, label, tool) ? 'meta' : 'param';
  if (label.role === 'query') return standing.memory.holdsPrivate && tool.backEnd !== 'ours' ? 'target' : 'query';
  return label.role;
}

function grantedReason(standing: Standing, { leaf, label }: Judged): Reason | undefined {
  if (label.granted === undefined || typeof leaf.value !== 'string') return undefined;
  if (standing.grant[label.granted]?.includes(leaf.value) === true) return undefined;
  return { code: 'value_not_granted', arg: leaf.path, detail: 'The session was not granted this value.' };
}

function addressReason(standing: Standing, { leaf, label }: Judged): Reason | undefined {
  if (label.role !== 'target' || typeof leaf.value !== 'string') return undefined;
  const scheme = /^\s*([a-z][a-z0-9+.-]{0,30}):\/\//i.exec(leaf.value)?.[1]?.toLowerCase();
  if (scheme === undefined) return undefined;
  const url = normalizeUrl(leaf.value);
  if (url === undefined)
    return { code: 'scheme_refused', arg: leaf.path, detail: 'Only http and https can be called.' };
  if (standing.policy.privateAddresses === 'elsewhere') return undefined;
  return isPrivateUrl(url) && !isOnHosts(standing.grant.hosts ?? [], url)
    ? { code: 'private_address', arg: leaf.path, detail: 'The address is in a private range.' }
    : undefined;
}

function unjustified(judged: Judged, code: string): Reason {
  const { leaf, justification } = judged;
  return {
    code,
    arg: leaf.path,
    value: judged.label.secret === true ? '[secret]' : String(leaf.value).slice(0, 300),
    sources: justification.sources,
    detail:
      justification.sources.length === 0
        ? 'Nothing trusted states this value.'
        : 'Only untrusted output states this value.',
  };
}

/** Names of members are text as well, where they could name a place. */
function spokenText({ leaf }: Judged): string {
  const text = String(leaf.value ?? '');
  return /\/\/|@|www/i.test(leaf.path) ? `${leaf.path} ${text}` : text;
}

function placesIn(
  standing: Standing,
  judged: Judged,
  effect: Effect,
): { readonly reasons: Reason[]; readonly grounds: Justification[] } {
  const { targets, whole } = findContentTargets(spokenText(judged));
  const reasons: Reason[] = whole
    ? []
    : [{ code: 'content_too_full', arg: judged.leaf.path, detail: 'The text names too many places to judge.' }];
  const grounds = targets.map(({ kind, value }) => {
    const ground = justifyPlace(value, effect, standing);
    if (ground.ground === 'none')
      reasons.push({
        code: `content_${kind}`,
        arg: judged.leaf.path,
        value: value.slice(0, 300),
        sources: ground.sources,
        detail: 'The text names a place that nothing trusted states.',
      });
    return ground;
  });
  return { reasons, grounds };
}

export function judgeArguments(
  standing: Standing,
  tool: ToolLabel,
  args: Arguments,
): { readonly judged: readonly Judged[]; readonly whole: boolean } {
  const { leaves, whole } = leavesOf(args, MOST_VALUES);
  const judged = leaves.map((leaf): Judged => {
    const given = argLabel(tool, leaf.shape);
    const label = { ...given, role: roleOf(standing, leaf, given, tool) };
    const free = label.role === 'meta';
    return {
      leaf,
      label,
      justification: free ? { ground: 'constant', sources: [] } : justify(leaf.value, label, tool.effect, standing),
    };
  });
  return { judged, whole };
}

/** Names of members inside a target or parameter say something too, unless a schema or a label foresaw them. */
function unforeseenKeys(tool: ToolLabel, judged: readonly Judged[]): string[] {
  return judged
    .filter(
      ({ leaf, label }) =>
        (label.role === 'target' || label.role === 'param') &&
        leaf.shape.includes('.') &&
        !Object.hasOwn(tool.args, leaf.shape.replaceAll('[*]', '')),
    )
    .map(({ leaf }) => leaf.shape);
}

/** "Delete" without saying what may mean everything. */
function lacksTarget(tool: ToolLabel, judged: readonly Judged[]): boolean {
  if (tool.effect !== 'destroy' && tool.effect !== 'pay' && tool.effect !== 'credential') return false;
  const names = Object.keys(tool.args).filter((name) => name !== '*' && argLabel(tool, name).role === 'target');
  return names.length > 0 && !judged.some(({ label }) => label.role === 'target');
}

export function judgeProvenance(
  standing: Standing,
  tool: ToolLabel,
  judged: readonly Judged[],
  hasSchema: boolean,
): { readonly holds: Reason[]; readonly blocks: Reason[]; readonly grounds: Justification[] } {
  const holds: Reason[] = [];
  const blocks: Reason[] = [];
  const grounds: Justification[] = [];
  const { tainted } = standing.memory;
  for (const one of judged) {
    const { role, always, otherwise } = one.label;
    const refused = grantedReason(standing, one) ?? addressReason(standing, one);
    if (refused !== undefined) blocks.push(refused);
    if (role === 'target' || role === 'param' || (role === 'query' && one.label.always === true)) {
      grounds.push(one.justification);
      const due = tainted || always === true || otherwise === 'block';
      if (due && one.justification.ground === 'none' && one.label.granted === undefined)
        (otherwise === 'block' ? blocks : holds).push(unjustified(one, `${role}_unjustified`));
    } else if (role === 'content' && leavesTenant(tool) && tool.effect !== 'write') {
      const places = placesIn(standing, one, tool.effect);
      grounds.push(...places.grounds);
      if (tainted) holds.push(...places.reasons);
    }
  }
  if (tainted && lacksTarget(tool, judged))
    holds.push({ code: 'target_missing', detail: 'The call says what to do and not to what.' });
  if (tainted && !hasSchema)
    for (const shape of unforeseenKeys(tool, judged))
      if (standing.stated.find(shape.split('.').at(-1) ?? '') === undefined)
        holds.push({
          code: 'member_unforeseen',
          arg: shape.slice(0, 200),
          detail: 'Neither a schema nor a label foresees this member.',
        });
  return { holds, blocks, grounds };
}
