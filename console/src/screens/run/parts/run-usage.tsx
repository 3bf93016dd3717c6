// What the run used: its totals, and the ledger row by row.
import type { UsageRecord } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../../api/console.ts';
import { runUsageQuery } from '../../../api/queries.ts';
import { InertLine } from '../../../components/inert.tsx';
import { Loading } from '../../../components/loading.tsx';
import { Moment } from '../../../components/moment.tsx';
import { money } from '../../../components/money.ts';
import { EmptyNote, ProblemNote } from '../../../components/notes.tsx';
import { Table } from '../../../components/table.tsx';
import { Facts } from '../../../events/renderer.tsx';

const COLUMNS = [
  'Entry',
  'Model',
  { name: 'Tokens in', number: true },
  { name: 'Tokens out', number: true },
  { name: 'Cost', number: true },
  'Settlement',
  { name: 'When', number: true },
];

const count = (of: number): string => of.toLocaleString('en-US');

function Ledger({ rows }: { readonly rows: readonly UsageRecord[] }) {
  return (
    <Table label="Ledger" columns={COLUMNS}>
      {rows.map((row) => (
        <tr key={row.id}>
          <td className="mono">
            <InertLine text={row.effect_key} most={60} />
          </td>
          <td>
            <InertLine text={row.model} most={60} />
          </td>
          <td className="number">{count(row.input_tokens)}</td>
          <td className="number">{count(row.output_tokens)}</td>
          <td className="number">{money(row.cost)}</td>
          <td className="fact">
            {row.settlement === 'lost' ? 'Lost: at its upper bound' : 'Settled'}
            {row.over_reserved && ', above its reservation'}
          </td>
          <td className="number">
            <Moment time={row.created_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function RunUsagePart({ runId }: { readonly runId: string }) {
  const { api } = useConsole();
  const usage = useQuery(runUsageQuery(api, runId));
  if (usage.isPending) return <Loading what="the usage" />;
  if (usage.isError) return <ProblemNote error={usage.error} retry={() => void usage.refetch()} />;
  const { totals, data, next_cursor: next } = usage.data;
  if (data.length === 0)
    return <EmptyNote>Nothing was charged yet. Each answer of a model is an entry here.</EmptyNote>;
  return (
    <div className="stack">
      <Facts
        of={{
          Cost: money(totals.cost),
          'Of that, for lost answers': Number(totals.lost_cost) === 0 ? '' : money(totals.lost_cost),
          'Tokens in': count(totals.input_tokens),
          'Tokens out': count(totals.output_tokens),
          'Of those in, cached': totals.cached_tokens === 0 ? '' : count(totals.cached_tokens),
          Steps: count(totals.steps),
        }}
      />
      <Ledger rows={data} />
      {next !== null && <p className="muted">The newest {data.length} entries; the totals are of all.</p>}
    </div>
  );
}
