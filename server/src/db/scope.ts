// The tenant scope: every statement runs as the tenant role with the tenant set from the principal, in one round trip.
import type pg from 'pg';
import { fault } from '../errors.ts';
import type { TenantId } from '../ids.ts';
import type { TenantPrincipal } from '../principal.ts';
import { withClient } from './connection.ts';
import { Content, type Keyring, keysOf } from './content.ts';
import { Row } from './row.ts';
import { type Rendered, render, type Statement, type Wall, wall } from './sql.ts';

export interface Doors {
  /** The outer door of the tenant wall. Only a test or the proof's own composition removes it (DEC-011). */
  readonly predicate: boolean;
}

export interface TenantScope {
  readonly tenantId: TenantId;
  /** Who acts. */
  readonly principal: TenantPrincipal;
  /** The predicate `alias.tenant_id = tenant`, for select, update and delete. */
  mine(alias?: string): Wall;
  /** The tenant as a value, for inserts. */
  readonly value: Wall;
  /** One statement, its own transaction, one round trip (or a part of the transaction that is open). */
  rows<T>(statement: Statement<'walled'>, read: (row: Row) => T): Promise<T[]>;
  first<T>(statement: Statement<'walled'>, read: (row: Row) => T): Promise<T | undefined>;
  /** Answers the number of rows touched. */
  run(statement: Statement<'walled'>): Promise<number>;
  /** What seals the content of this tenant; with the keys of `wanted`, as far as they exist. */
  content(wanted?: readonly string[]): Promise<Content>;
}

declare const open: unique symbol;
/** A scope inside an open transaction: what must be atomic takes this type. */
export interface TenantTx extends TenantScope {
  readonly [open]: true;
}

/** Where a scope gets the keys of its tenant from. Implemented by vault/. */
export interface Keys {
  /** The present keys, and those of `wanted` that exist. `own` is a scope whose statements are transactions of their own. */
  keyring(scope: TenantScope, own: TenantScope, wanted?: readonly string[]): Promise<Keyring>;
}

export interface ScopeContext {
  readonly keys: Keys | undefined;
  readonly pool: pg.Pool;
  readonly tenantRole: string;
  readonly doors: Doors;
  readonly onStatement?: ((rendered: Rendered) => void) | undefined;
}

const ENTER = "select set_config('role', $1, true), set_config('app.tenant_id', $2, true)";
const ALIAS = /^[a-z_]{0,30}$/;

type Execute = (rendered: Rendered) => Promise<pg.QueryResult>;

function scopeOver(principal: TenantPrincipal, context: ScopeContext, execute: Execute): TenantScope {
  const { tenantId } = principal;
  const keyring = async (wanted?: readonly string[]): Promise<Keyring> => {
    if (context.keys === undefined) throw fault('sealed_away', { detail: 'this process has no vault' });
    return context.keys.keyring(scope, tenantScope(principal, context), wanted);
  };
  const query = (statement: Statement<'walled'>): Promise<pg.QueryResult> => {
    if (statement.walled !== 'walled')
      throw fault('internal', { detail: 'a statement without its tenant reached a tenant scope' });
    const rendered = render(statement, context.doors);
    context.onStatement?.(rendered);
    return execute(rendered);
  };
  const rows = async <T>(statement: Statement<'walled'>, read: (row: Row) => T): Promise<T[]> => {
    const result: { rows: Record<string, unknown>[] } = await query(statement);
    const wanted = keysOf(result.rows);
    const keys = wanted.length === 0 ? undefined : await keyring(wanted);
    return result.rows.map((columns) => read(new Row(columns, keys)));
  };
  const scope: TenantScope = {
    tenantId,
    principal,
    mine: (alias = '') => {
      if (!ALIAS.test(alias)) throw fault('internal', { detail: 'an alias must be a short lower-case word' });
      return wall('mine', alias, tenantId);
    },
    value: wall('value', '', tenantId),
    rows,
    first: async (statement, read) => (await rows(statement, read))[0],
    run: async (statement) => (await query(statement)).rowCount ?? 0,
    content: async (wanted) => new Content(await keyring(wanted)),
  };
  return scope;
}

/** Settles every promise before it throws, so that no answer of this flight can reach the next user of the client. */
async function together<T extends readonly unknown[]>(flight: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const settled = await Promise.allSettled(flight);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** A scope whose every statement is a transaction of its own: begin, enter, statement and commit travel in one flight. */
export function tenantScope(principal: TenantPrincipal, context: ScopeContext): TenantScope {
  return scopeOver(principal, context, (rendered) =>
    withClient(context.pool, async (client) => {
      const [, , result] = await together<[pg.QueryResult, pg.QueryResult, pg.QueryResult, pg.QueryResult]>([
        client.query('begin'),
        client.query(ENTER, [context.tenantRole, principal.tenantId]),
        client.query(rendered.text, rendered.values),
        client.query('commit'),
      ]);
      return result;
    }),
  );
}

/** Runs `work` in one transaction: begin and enter in one flight, statements awaited in between, then commit. */
export function tenantTransaction<T>(
  principal: TenantPrincipal,
  context: ScopeContext,
  work: (tx: TenantTx) => Promise<T>,
): Promise<T> {
  return withClient(context.pool, async (client) => {
    await together<[pg.QueryResult, pg.QueryResult]>([
      client.query('begin'),
      client.query(ENTER, [context.tenantRole, principal.tenantId]),
    ]);
    let ended = false;
    const tx = scopeOver(principal, context, async (rendered) => {
      // The client may be inside another tenant's transaction by now.
      if (ended) throw fault('internal', { detail: 'a statement came after the end of its transaction' });
      return client.query(rendered.text, rendered.values);
    }) as TenantTx;
    let result: T;
    try {
      result = await work(tx);
    } catch (error) {
      ended = true;
      await client.query('rollback');
      throw error;
    }
    ended = true;
    // Where a statement failed and its error was swallowed, the answer to `commit` is ROLLBACK, and no error.
    const { command } = await client.query('commit');
    if (command !== 'COMMIT')
      throw fault('database', {
        detail: 'a statement of the transaction had failed; it was rolled back at its commit',
      });
    return result;
  });
}
