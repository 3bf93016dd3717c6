// What the form of a new run holds, as text, and the body that it becomes.
import type { CreateRun, SkillSummary } from '@sallyport/contracts';

export interface RunForm {
  readonly task: string;
  readonly urls: string;
  readonly model: string;
  readonly cost: string;
  readonly tokens: string;
  readonly seconds: string;
  readonly calls: string;
}

export const EMPTY_FORM: RunForm = { task: '', urls: '', model: '', cost: '', tokens: '', seconds: '', calls: '' };

export const takesUrls = (skill: SkillSummary): boolean => skill.tools.includes('web.scrape');
export const takesFiles = (skill: SkillSummary): boolean =>
  skill.tools.includes('artifact.read') && !skill.tools.includes('web.scrape');

export function readUrls(text: string): string[] {
  return text.split(/\s+/).filter((url) => url !== '');
}

/** What is wrong with a field, by its name; empty when nothing is. The server judges again. */
export function faultsOf(form: RunForm, skill: SkillSummary | undefined): Partial<Record<keyof RunForm, string>> {
  const faults: Partial<Record<keyof RunForm, string>> = {};
  if (form.task.trim() === '') faults.task = 'Say what the run shall do.';
  const urls = readUrls(form.urls);
  const wrong = urls.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ''));
  if (wrong !== undefined) faults.urls = `${wrong.slice(0, 80)} is no web address. One address a line, with https://.`;
  else if (skill !== undefined && takesUrls(skill) && urls.length === 0) faults.urls = 'Name at least one page.';
  if (form.cost !== '' && !/^\d{1,10}(\.\d{1,10})?$/.test(form.cost)) faults.cost = 'An amount, such as 0.50.';
  for (const name of ['tokens', 'seconds', 'calls'] as const)
    if (form[name] !== '' && !/^\d{1,15}$/.test(form[name])) faults[name] = 'A whole number.';
  return faults;
}

export function bodyOf(form: RunForm, skill: SkillSummary, artifacts: readonly string[]): CreateRun {
  const urls = takesUrls(skill) ? readUrls(form.urls) : [];
  const number = (name: 'tokens' | 'seconds' | 'calls') => (form[name] === '' ? {} : { [name]: Number(form[name]) });
  const budget = {
    ...(form.cost === '' ? {} : { cost: form.cost }),
    ...number('tokens'),
    ...number('seconds'),
    ...number('calls'),
  };
  return {
    skill: `${skill.name}@${skill.version}`,
    task: form.task.trim(),
    input: { ...(urls.length > 0 ? { urls } : {}), ...(artifacts.length > 0 ? { artifacts: [...artifacts] } : {}) },
    ...(form.model.trim() === '' ? {} : { model: form.model.trim() }),
    ...(Object.keys(budget).length === 0 ? {} : { budget }),
  };
}
