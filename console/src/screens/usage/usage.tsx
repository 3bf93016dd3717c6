// What was used, by day, skill, model or user; what may be used; and how it is paid for.
import type { UsageGroup } from '@sallyport/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { USAGE_DAYS, USAGE_GROUPS, type UsageGroupWord, type UsageSearch } from '../../addresses.ts';
import { useConsole, useMay } from '../../api/console.ts';
import { usageQuery, usersQuery } from '../../api/queries.ts';
import { Bars } from '../../components/bars.tsx';
import { Choice } from '../../components/choice.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { money } from '../../components/money.ts';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { Billing } from './billing.tsx';
import { Budgets } from './budgets.tsx';
import { addMoney, daysOf, fillDays } from './sums.ts';

const WORDS: Readonly<Record<UsageGroupWord, string>> = {
  day: 'By day',
  skill: 'By skill',
  model: 'By model',
  user: 'By user',
};
const HEADS: Readonly<Record<UsageGroupWord, string>> = { day: 'Day', skill: 'Skill', model: 'Model', user: 'User' };
const GROUP_OPTIONS = USAGE_GROUPS.map((id) => ({ id, name: WORDS[id] }));
const DAY_OPTIONS = USAGE_DAYS.map((days) => ({ id: String(days), name: `The last ${days} days` }));
const USUAL_DAYS = 30;
const count = (of: number): string => of.toLocaleString('en-US');

function Names({ group, by }: { readonly group: UsageGroup; readonly by: UsageGroupWord }) {
  if (by === 'user') return <UserName id={group.key} />;
  return by === 'day' ? <span className="mono">{group.key}</span> : <InertLine text={group.key} most={80} />;
}

function UserName({ id }: { readonly id: string }) {
  const { api } = useConsole();
  const mayUsers = useMay('users:read');
  const { data } = useInfiniteQuery({ ...usersQuery(api), enabled: mayUsers });
  const name = data?.find((user) => user.id === id)?.name;
  return name === undefined ? <code title={id}>{shortId(id)}</code> : <InertLine text={name} most={80} />;
}

function Sums({ groups, by }: { readonly groups: readonly UsageGroup[]; readonly by: UsageGroupWord }) {
  const number = (name: string) => ({ name, number: true });
  const columns = [HEADS[by], ...['Steps', 'Tokens in', 'Cached', 'Tokens out', 'Cost'].map(number)];
  const shown = by === 'day' ? groups.toReversed() : groups;
  return (
    <Table label="Usage" columns={columns}>
      {shown.map((group) => (
        <tr key={group.key}>
          <td className="fact">
            <Names group={group} by={by} />
          </td>
          <td className="number">{count(group.steps)}</td>
          <td className="number">{count(group.input_tokens)}</td>
          <td className="number">{count(group.cached_tokens)}</td>
          <td className="number">{count(group.output_tokens)}</td>
          <td className="number">
            {money(group.cost)}
            {Number(group.lost_cost) > 0 && <span className="muted"> ({money(group.lost_cost)} lost)</span>}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Filters({ search }: { readonly search: UsageSearch }) {
  const navigate = useNavigate();
  const go = (next: UsageSearch): void => void navigate({ to: '/usage', search: next, replace: true });
  const days = String(search.days ?? USUAL_DAYS);
  return (
    <div className="filters" data-filter>
      <Choice
        label="Grouped"
        quiet
        options={GROUP_OPTIONS}
        value={search.by ?? 'day'}
        onChange={(id) => go({ ...search, by: USAGE_GROUPS.find((one) => one === id) ?? 'day' })}
      />
      <Choice
        label="Days"
        quiet
        options={DAY_OPTIONS}
        value={days}
        onChange={(id) => go({ ...search, days: USAGE_DAYS.find((one) => String(one) === id) ?? USUAL_DAYS })}
      />
    </div>
  );
}

function Used({ search }: { readonly search: UsageSearch }) {
  const { api } = useConsole();
  const by = search.by ?? 'day';
  const { from, to } = daysOf(search.days ?? USUAL_DAYS, Date.now());
  const usage = useQuery(usageQuery(api, by, from, to));
  if (usage.isPending) return <Loading what="the usage" />;
  if (usage.isError) return <ProblemNote error={usage.error} retry={() => void usage.refetch()} />;
  const { data } = usage.data;
  if (data.length === 0)
    return <EmptyNote>Nothing was used in these days. Each answer of a model is counted here.</EmptyNote>;
  const steps = data.reduce((sum, group) => sum + group.steps, 0);
  const bars = by === 'day' ? fillDays(data, from, to) : data;
  return (
    <>
      <p>
        <strong className="figure">{money(addMoney(data.map(({ cost }) => cost)))}</strong>{' '}
        <span className="muted">
          for {count(steps)} steps, {from} to {to}
        </span>
      </p>
      {by === 'day' && (
        <Bars
          label={`Steps by day, ${from} to ${to}`}
          bars={bars.map(({ key, steps: of, cost }) => ({
            name: key,
            value: of,
            text: `${key}: ${count(of)} steps, ${money(cost)}`,
          }))}
        />
      )}
      <Sums groups={data} by={by} />
      {usage.data.next_cursor !== null && <p className="muted">The first {data.length} groups.</p>}
    </>
  );
}

export function Usage() {
  const search = useSearch({ from: '/frame/usage' });
  const mayBudgets = useMay('budgets:read');
  const mayBill = useMay('billing:read');
  return (
    <>
      <PageHead title="Usage" />
      <Filters search={search} />
      <Used search={search} />
      {mayBudgets && <Budgets />}
      {mayBill && <Billing />}
    </>
  );
}
