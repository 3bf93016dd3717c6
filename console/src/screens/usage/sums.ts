// Days and decimal money. Money is never a float: it is added as digits.
import type { UsageGroup } from '@sallyport/contracts';

const DAY_MS = 86_400_000;
const PLACES = 10;

const dayText = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The last `days` days in UTC, today among them. */
export function daysOf(days: number, now: number): { readonly from: string; readonly to: string } {
  return { from: dayText(now - (days - 1) * DAY_MS), to: dayText(now) };
}

function units(amount: string): bigint {
  const [whole = '0', part = ''] = amount.split('.');
  return BigInt(whole + part.padEnd(PLACES, '0').slice(0, PLACES));
}

export function addMoney(amounts: readonly string[]): string {
  const sum = amounts.reduce((total, amount) => total + units(amount), 0n);
  const digits = sum.toString().padStart(PLACES + 1, '0');
  return `${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`;
}

type Day = Pick<UsageGroup, 'key' | 'steps' | 'cost'>;

/** A day on which nothing was used is a day too. */
export function fillDays(groups: readonly Day[], from: string, to: string): readonly Day[] {
  const known = new Map(groups.map((group) => [group.key, group]));
  const days: Day[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
    const key = dayText(at);
    days.push(known.get(key) ?? { key, steps: 0, cost: '0' });
  }
  return days;
}
