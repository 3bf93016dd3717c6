// Pages, newest first: the cursor is the last id of the page, opaque to the caller. Ids of other tenants are only ever compared with.
import type { Page } from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import { asId, type Id, isUuid } from '../../ids.ts';

const DEFAULT_LIMIT = 20;
const MARK = 'c1:';
const NAME_MARK = 'u1:';

interface Asked {
  readonly limit?: number;
  readonly cursor?: string;
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const id = text.slice(MARK.length);
  if (text.startsWith(MARK) && isUuid(id)) return id;
  throw fault('invalid_request', { fields: [{ path: '/cursor', message: 'is not a cursor of an answer' }] });
}

/** Reads one row more than was asked for, to know whether there is a next page. */
export async function page<I extends Id<string>, T>(
  asked: Asked,
  read: (before: I | undefined, limit: number) => Promise<readonly T[]>,
  idOf: (row: T) => string,
): Promise<Page<T>> {
  const limit = asked.limit ?? DEFAULT_LIMIT;
  const before = asked.cursor === undefined ? undefined : asId<I>(readCursor(asked.cursor));
  const rows = await read(before, limit + 1);
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, next_cursor: more ? Buffer.from(MARK + idOf(last), 'latin1').toString('base64url') : null };
}

/** Pages of what has a name and no id: the cursor is the last name of the page, and names go up. */
export async function pageByName<T>(
  asked: Asked & { readonly most: number },
  read: (after: string | undefined, limit: number) => Promise<readonly T[]>,
  nameOf: (row: T) => string,
): Promise<Page<T>> {
  const limit = asked.limit ?? asked.most;
  const rows = await read(asked.cursor === undefined ? undefined : readName(asked.cursor), limit + 1);
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { data, next_cursor: more ? Buffer.from(NAME_MARK + nameOf(last), 'utf8').toString('base64url') : null };
}

function readName(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (text.startsWith(NAME_MARK) && !text.includes('\0')) return text.slice(NAME_MARK.length);
  throw fault('invalid_request', { fields: [{ path: '/cursor', message: 'is not a cursor of an answer' }] });
}

/** A list that is always whole. */
export function whole<T>(data: readonly T[]): Page<T> {
  return { data, next_cursor: null };
}
