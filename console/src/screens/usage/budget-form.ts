export interface BudgetForm {
  readonly name: string;
  readonly cost: string;
  readonly tokens: string;
}

/** What is wrong with a field, by its name; empty when nothing is. The server judges again. */
export function budgetFaults(form: BudgetForm): Partial<Record<keyof BudgetForm, string>> {
  const faults: Partial<Record<keyof BudgetForm, string>> = {};
  if (form.name.trim() === '') faults.name = 'Give it a name.';
  if (form.cost !== '' && !/^\d{1,10}(\.\d{1,10})?$/.test(form.cost)) faults.cost = 'An amount, such as 20.00.';
  if (form.tokens !== '' && !/^\d{1,15}$/.test(form.tokens)) faults.tokens = 'A whole number.';
  if (form.cost === '' && form.tokens === '') faults.cost = 'At least one of the two limits.';
  return faults;
}

export function limitsOf(form: BudgetForm): { readonly limit_cost?: string; readonly limit_tokens?: number } {
  return {
    ...(form.cost === '' ? {} : { limit_cost: form.cost }),
    ...(form.tokens === '' ? {} : { limit_tokens: Number(form.tokens) }),
  };
}
