// The query string, read strictly: every parameter at most once, well-formed percent-encoding, integers in plain digits.
import type { Schema } from '@sallyport/contracts';
import { fault } from '../../errors.ts';

const MOST_PARAMETERS = 20;
const INTEGER = /^-?(0|[1-9]\d{0,14})$/;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw fault('invalid_request', { fields: [{ path: '', message: 'the query is not well-formed UTF-8' }] });
  }
}

function isInteger(schema: Schema, name: string): boolean {
  const properties = (schema as { readonly properties?: Readonly<Record<string, { readonly type?: string }>> })
    .properties;
  return properties !== undefined && Object.hasOwn(properties, name) && properties[name]?.type === 'integer';
}

/** The parameters of `search` (without its `?`) as an object for the schema, which then refuses what it does not know. */
export function readQuery(search: string, schema: Schema): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  if (search === '') return values;
  const parts = search.split('&');
  if (parts.length > MOST_PARAMETERS)
    throw fault('invalid_request', { fields: [{ path: '', message: `more than ${MOST_PARAMETERS} parameters` }] });
  for (const part of parts) {
    const at = part.indexOf('=');
    const name = decode(at === -1 ? part : part.slice(0, at));
    const value = decode(at === -1 ? '' : part.slice(at + 1));
    if (name in values)
      throw fault('invalid_request', { fields: [{ path: `/${name.slice(0, 64)}`, message: 'is given twice' }] });
    values[name] = isInteger(schema, name) && INTEGER.test(value) ? Number(value) : value;
  }
  return values;
}

/** A moment that a schema let through; some of its digits name no day. */
export function timeOf(text: string | undefined, path: string): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw fault('invalid_request', { fields: [{ path, message: 'is not a time' }] });
  return time;
}
