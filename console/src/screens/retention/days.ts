// What the fields of the policies say, and what of it would take data away.
import type { RetentionPolicy } from '@sallyport/contracts';

const MOST = 3_650;

export function daysWord(days: number | null): string {
  if (days === null) return 'as long as the tenant';
  return days === 1 ? '1 day' : `${days.toLocaleString('en-US')} days`;
}

/** An empty field leaves the class as it is. */
export function faultOf(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  const fits = /^\d{1,6}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= MOST;
  return fits ? undefined : `1 to ${MOST.toLocaleString('en-US')} days`;
}

export function changesOf(
  policies: readonly RetentionPolicy[],
  textOf: (policy: RetentionPolicy) => string,
): Readonly<Record<string, number>> {
  const changes: Record<string, number> = {};
  for (const policy of policies) {
    const text = textOf(policy).trim();
    if (!policy.changeable || text === '' || faultOf(text) !== undefined || Number(text) === policy.days) continue;
    changes[policy.data_class] = Number(text);
  }
  return changes;
}

/** Classes of which something may go at once. */
export function shortened(
  policies: readonly RetentionPolicy[],
  changes: Readonly<Record<string, number>>,
): readonly string[] {
  return policies
    .filter(({ data_class: name, days }) => {
      const next = changes[name];
      return next !== undefined && (days === null || next < days);
    })
    .map(({ data_class: name }) => name);
}
