// Pure: the part of a skill's hosts that lists let through. A pattern that a list names in part becomes that part.
import { type HostRule, parseHostRule } from '@sallyport/egress';
import type { Listed } from '../egress/egress.ts';

export interface HostVerdict {
  /** As the skill asks. */
  readonly asked: string;
  /** What is left of it, in the same form; empty when nothing is. */
  readonly hosts: readonly string[];
  /** Why it is less than asked. */
  readonly reason: string | null;
}

/** Whatever `narrow` names, `wide` names. */
function covers(wide: HostRule, narrow: HostRule): boolean {
  if (wide.port !== undefined && wide.port !== narrow.port) return false;
  const [a, b] = [wide.pattern, narrow.pattern];
  if (!a.below) return !b.below && a.name === b.name;
  return b.below ? b.name === a.name || b.name.endsWith(`.${a.name}`) : b.name.endsWith(`.${a.name}`);
}

const written = ({ pattern, port }: HostRule): string => `${pattern.below ? '*.' : ''}${pattern.name}:${port ?? 443}`;

/** The common part of a host with a port and a rule; undefined when there is none. */
function meet(host: HostRule, rule: HostRule): HostRule | undefined {
  if (covers(rule, host)) return host;
  const at = { pattern: rule.pattern, port: host.port };
  return (rule.port === undefined || rule.port === host.port) && covers(host, at) ? at : undefined;
}

/** A part that a deny list names stays where it is less than the whole: the list is asked again at every hop, and wins there. */
function through(
  whose: string,
  lists: Listed,
  host: HostRule,
): { readonly left: readonly HostRule[]; readonly reason: string | null } {
  const denied = lists.deny.find((rule) => covers(rule, host));
  if (denied !== undefined) return { left: [], reason: `${whose} denies ${denied.text}` };
  if (lists.profile === 'open') return { left: [host], reason: null };
  const left = lists.allow.flatMap((rule) => meet(host, rule) ?? []);
  const whole = left.some((one) => covers(one, host));
  return { left: whole ? [host] : left, reason: whole ? null : `${whose} allows only its list` };
}

export function narrowHosts(
  asked: readonly string[],
  lists: readonly { readonly whose: string; readonly lists: Listed }[],
): HostVerdict[] {
  return asked.map((text) => {
    let hosts: readonly HostRule[] = [parseHostRule(text)];
    let reason: string | null = null;
    for (const { whose, lists: one } of lists) {
      const passed = hosts.map((host) => through(whose, one, host));
      reason ??= passed.find((each) => each.reason !== null)?.reason ?? null;
      hosts = passed.flatMap(({ left }) => left);
    }
    return { asked: text, hosts: [...new Set(hosts.map(written))], reason };
  });
}
