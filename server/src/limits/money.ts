// Money as whole units of 10^-10 dollars: never a float.

/** A decimal string as an integer of 10^-10 units. */
export function microCents(money: string): bigint {
  const [whole = '0', part = ''] = money.split('.');
  return BigInt(whole) * 10_000_000_000n + BigInt(part.slice(0, 10).padEnd(10, '0'));
}

/** Units of 10^-10 dollars as a decimal string. */
export function formatMoney(units: bigint): string {
  const digits = units.toString().padStart(11, '0');
  return `${digits.slice(0, -10)}.${digits.slice(-10)}`.replace(/\.?0+$/, '') || '0';
}
