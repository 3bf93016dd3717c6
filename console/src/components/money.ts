/** Decimal text without the zeros that say nothing: 1.00 stays, 0.0012 stays, 1 becomes 1.00. */
export function money(amount: string): string {
  const [whole = '0', part = ''] = amount.split('.');
  return `$${whole}.${part.replace(/0+$/, '').padEnd(2, '0')}`;
}
