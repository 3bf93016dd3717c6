// Budgets that all runs of the tenant share: what is spent, what is held for steps at work, and the two limits.
import type { TenantBudget } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { budgetsQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Meter } from '../../components/meter.tsx';
import { money } from '../../components/money.ts';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Table } from '../../components/table.tsx';
import { EditBudget } from './edit-budget.tsx';
import { addMoney } from './sums.ts';

const COLUMNS = ['Name', 'Period', 'Used of its limits', 'State', { name: 'Actions', quiet: true }];
const PERIODS: Readonly<Record<string, string>> = { day: 'each day', month: 'each month', total: 'in all' };
const count = (of: number): string => of.toLocaleString('en-US');

function Limits({ budget }: { readonly budget: TenantBudget }) {
  const { limit_cost: cost, limit_tokens: tokens, held, spent } = budget;
  const usedCost = addMoney([spent.cost, held.cost]);
  const usedTokens = spent.tokens + held.tokens;
  return (
    <div className="budget-meters">
      {cost !== null && (
        <Meter
          name="Cost"
          used={Number(usedCost)}
          most={Number(cost)}
          text={`${money(usedCost)} of ${money(cost)}${Number(held.cost) > 0 ? `, ${money(held.cost)} of it held` : ''}`}
        />
      )}
      {tokens !== null && (
        <Meter name="Tokens" used={usedTokens} most={tokens} text={`${count(usedTokens)} of ${count(tokens)}`} />
      )}
    </div>
  );
}

function BudgetRow({ budget, onEdit }: { readonly budget: TenantBudget; readonly onEdit: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const mayWrite = useMay('budgets:write');
  const paused = budget.state === 'paused';
  const turn = useMutation({
    mutationFn: () => api.budgets.update(budget.id, { state: paused ? 'active' : 'paused' }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['budgets'] }),
  });
  return (
    <tr data-id={budget.id}>
      <td>
        <InertLine text={budget.name} most={80} />
      </td>
      <td className="fact">{PERIODS[budget.period] ?? budget.period}</td>
      <td>
        <Limits budget={budget} />
      </td>
      <td className="fact">{paused ? 'Paused: stops nothing' : 'Active'}</td>
      <td className="number">
        {mayWrite && (
          <span className="key-acts">
            <Button
              kind="quiet"
              aria-label={`${paused ? 'Resume' : 'Pause'} ${budget.name}`}
              isDisabled={turn.isPending}
              onPress={() => turn.mutate()}
            >
              {paused ? 'Resume' : 'Pause'}
            </Button>
            <Button kind="quiet" aria-label={`Change ${budget.name}`} onPress={onEdit}>
              Change
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

export function Budgets() {
  const { api } = useConsole();
  const mayWrite = useMay('budgets:write');
  const budgets = useQuery(budgetsQuery(api));
  const [editing, setEditing] = useState<TenantBudget | 'new'>();
  return (
    <div className="stack">
      <div className="page-head">
        <h2>Budgets</h2>
        {mayWrite && <Button onPress={() => setEditing('new')}>Add a budget</Button>}
      </div>
      {budgets.isPending && <Loading what="the budgets" />}
      {budgets.isError && <ProblemNote error={budgets.error} retry={() => void budgets.refetch()} />}
      {budgets.data?.length === 0 && (
        <EmptyNote>No budget. Each run still has its own; a budget here bounds all of them together.</EmptyNote>
      )}
      {budgets.data !== undefined && budgets.data.length > 0 && (
        <Table label="Budgets" columns={COLUMNS}>
          {budgets.data.map((budget) => (
            <BudgetRow key={budget.id} budget={budget} onEdit={() => setEditing(budget)} />
          ))}
        </Table>
      )}
      {editing !== undefined && (
        <EditBudget budget={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
    </div>
  );
}
