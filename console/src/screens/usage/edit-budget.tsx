import type { CreateBudget, TenantBudget } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Field } from '../../components/field.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { type BudgetForm, budgetFaults, limitsOf } from './budget-form.ts';

const PERIODS = [
  { id: 'day', name: 'Each day' },
  { id: 'month', name: 'Each month' },
  { id: 'total', name: 'In all' },
] as const;

export function EditBudget({
  budget,
  onClose,
}: {
  /** Undefined makes a new one. */
  readonly budget: TenantBudget | undefined;
  readonly onClose: () => void;
}) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const [form, setForm] = useState<BudgetForm>({
    name: budget?.name ?? '',
    cost: budget?.limit_cost ?? '',
    tokens: budget?.limit_tokens === null || budget === undefined ? '' : String(budget.limit_tokens),
  });
  const [period, setPeriod] = useState<CreateBudget['period']>('month');
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const body = { name: form.name.trim(), ...limitsOf(form) };
      return budget === undefined ? api.budgets.create({ ...body, period }) : api.budgets.update(budget.id, body);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['budgets'] });
      onClose();
    },
  });
  const faults = budgetFaults(form);
  const field = (of: keyof BudgetForm, about?: string) => ({
    value: form[of],
    onChange: (text: string) => setForm({ ...form, [of]: text }),
    isInvalid: tried && faults[of] !== undefined,
    ...(tried && faults[of] !== undefined ? { about: faults[of] } : about === undefined ? {} : { about }),
  });
  return (
    <Panel title={budget === undefined ? 'Add a budget' : 'Change the budget'} isOpen onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (Object.keys(faults).length === 0) save.mutate();
        }}
      >
        <Field label="Name" maxLength={200} {...field('name')} />
        {budget === undefined && (
          <Choice
            label="Period"
            options={PERIODS}
            value={period}
            onChange={(id) => setPeriod(PERIODS.find((one) => one.id === id)?.id ?? 'month')}
          />
        )}
        <Field label="US dollars at most" placeholder="20.00" {...field('cost')} />
        <Field
          label="Tokens at most"
          placeholder="1000000"
          {...field('tokens', 'A lower limit stops the next step, not one that is at work.')}
        />
        {save.isError && <ProblemNote error={save.error} />}
        <div className="panel-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="main" type="submit" isDisabled={save.isPending}>
            Save
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
