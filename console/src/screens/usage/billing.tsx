// How the tenant stands with the payment provider. Off unless the operator set it up.
import type { BillingStanding } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../api/console.ts';
import { billingQuery } from '../../api/queries.ts';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Table } from '../../components/table.tsx';
import { Facts } from '../../events/renderer.tsx';

const MODES: Readonly<Record<BillingStanding['mode'], string>> = {
  off: 'Billing is off on this server: runs cost what the models cost, and nobody is charged here.',
  test: 'Test mode: no money moves.',
  live: 'Live.',
};

function paidWord({ currency, amount_minor: minor }: BillingStanding['paid'][number]): string {
  return `${minor} of the smallest unit of ${currency.toUpperCase()}`;
}

function Standing({ standing }: { readonly standing: BillingStanding }) {
  const { mode, may_start_runs: mayStart, subscriptions, paid } = standing;
  return (
    <>
      <Facts
        of={{
          Mode: MODES[mode] ?? mode,
          Runs: mode === 'off' ? '' : mayStart ? 'may be started' : 'may not be started until a subscription is good',
          Paid: paid.map(paidWord).join(', '),
        }}
      />
      {subscriptions.length > 0 && (
        <Table
          label="Subscriptions"
          columns={['Subscription', 'Status', 'Price', { name: 'Period ends', number: true }]}
        >
          {subscriptions.map(({ id, status, price_id: price, period_end: end }) => (
            <tr key={id}>
              <td className="mono">{id}</td>
              <td className="fact">
                <InertLine text={status} most={40} />
              </td>
              <td className="mono">{price ?? 'none'}</td>
              <td className="number">{end === null ? 'not known' : <Moment time={end} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}

export function Billing() {
  const { api } = useConsole();
  const billing = useQuery(billingQuery(api));
  return (
    <div className="stack">
      <h2>Billing</h2>
      {billing.isPending && <Loading what="the standing" />}
      {billing.isError && <ProblemNote error={billing.error} retry={() => void billing.refetch()} />}
      {billing.data !== undefined && <Standing standing={billing.data} />}
    </div>
  );
}
