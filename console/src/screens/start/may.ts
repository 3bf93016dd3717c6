// What a run may do, in plain sentences: the skill's request, cut by what the form says.
import type { SkillSummary } from '@sallyport/contracts';
import { money } from '../../components/money.ts';
import { type RunForm, readUrls } from './run-form.ts';

const TOOLS: Readonly<Record<string, string>> = {
  'web.scrape': 'read pages of the hosts below',
  'artifact.read': 'read the documents that it is given, and what it stored itself',
  'artifact.write': 'store artifacts',
  'entity.save': 'save entities',
};

/** A person states an address in the list of pages or in the task itself. */
function hostsOf({ urls, task }: Pick<RunForm, 'urls' | 'task'>): readonly string[] {
  const stated = [...readUrls(urls), ...(task.match(/https?:\/\/[^\s"'<>()]+/g) ?? [])];
  return [...new Set(stated.map((url) => URL.parse(url)?.host ?? '').filter((host) => host !== ''))];
}

function smaller(asked: string, most: number): number {
  return /^\d{1,15}$/.test(asked) ? Math.min(Number(asked), most) : most;
}

export function statement(
  skill: SkillSummary,
  form: Pick<RunForm, 'urls' | 'task' | 'cost' | 'calls'>,
): readonly string[] {
  const acts = skill.tools.map((tool) => TOOLS[tool] ?? `call ${tool}`);
  const named = skill.egress.includes('@input') ? hostsOf(form) : [];
  const fixed = skill.egress.filter((host) => host !== '@input');
  const hosts = [...named, ...fixed];
  const nobody = skill.egress.includes('@input') ? 'no host until you name a page' : 'no host at all';
  const asked = /^\d{1,10}(\.\d{1,10})?$/.test(form.cost) ? form.cost : skill.budget.cost;
  const cost = Number(asked) < Number(skill.budget.cost) ? asked : skill.budget.cost;
  return [
    `It may ${acts.join('; ')}.`,
    `It may reach ${hosts.length === 0 ? nobody : hosts.join(', ')}, and nothing that a page names.`,
    `It spends at most ${money(cost)} and makes at most ${smaller(form.calls, skill.budget.calls)} calls.`,
  ];
}
