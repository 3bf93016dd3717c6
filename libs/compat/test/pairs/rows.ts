// The shape of a row: what it is about, the old schema, the new one, and for each direction whether it is compatible (`y`) or not (`n`).
export type Row = readonly [about: string, old: unknown, next: unknown, answers: 'yy' | 'yn' | 'ny' | 'nn'];

export const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });
export const closed = (properties: object, required: readonly string[] = [], more: object = {}) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...more,
});
export const text = { type: 'string' };
export const whole = { type: 'integer' };
export const number = { type: 'number' };
export const list = (items: unknown, more: object = {}) => ({ type: 'array', items, ...more });
