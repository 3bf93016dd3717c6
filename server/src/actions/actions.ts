// Owns the actions of a tenant: declarations of HTTP calls that agents of the tenant may be given as tools.
// Promises that a declaration is checked whole before it is kept, and never changes afterwards.
// Must never hold a secret: it names one.
import type { Action, CreateAction } from '@sallyport/contracts';
import { normalizeUrl } from '@sallyport/flow';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type ActionId, newId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';

const MOST_ACTIONS = 200;
/** First words of the tools of this release. */
const RESERVED: ReadonlySet<string> = new Set(['web', 'http', 'artifact', 'entity', 'mcp', 'system', 'sallyport']);
const PLACE = /\{([^{}]*)\}/g;
/** What frames a request, and what our own client and cookies use, is nobody's to set. */
const REFUSED_HEADERS =
  /^(host|content-.*|transfer-encoding|connection|cookie|set-cookie|proxy-.*|sec-.*|te|trailer|upgrade|expect|idempotency-key)$/i;

interface Problem {
  readonly path: string;
  readonly message: string;
}

function problemsOf(wanted: CreateAction): Problem[] {
  const problems: Problem[] = [];
  const places = [...wanted.url.matchAll(PLACE)].map((match) => match[1] ?? '');
  const url = normalizeUrl(wanted.url.replace(PLACE, 'x'));
  if (url === undefined || URL.parse(url)?.username !== '') problems.push({ path: '/url', message: 'is no such URL' });
  if (places.length !== new Set(places).size) problems.push({ path: '/url', message: 'names a place twice' });
  const path = wanted.url.split('?')[0] ?? '';
  if (/[{}]/.test(wanted.url.slice(path.length)))
    problems.push({ path: '/url', message: 'may not vary after the path' });
  if (/[{}]/.test(path.replace(/\/\{[a-z][a-z0-9_]*\}(?=\/|$)/g, '')))
    problems.push({ path: '/url', message: 'may vary in whole segments of the path alone' });
  for (const name of places)
    if (wanted.arguments[name]?.in !== 'path')
      problems.push({ path: `/arguments/${name}`, message: 'is in the path, and is not declared so' });
  for (const [name, argument] of Object.entries(wanted.arguments)) {
    if (argument.in === 'path' && !places.includes(name))
      problems.push({ path: `/arguments/${name}`, message: 'has no place in the path' });
    if (argument.in === 'path' && argument.role === 'content')
      problems.push({ path: `/arguments/${name}/role`, message: 'names a place and is no content' });
    if (argument.in === 'body' && (wanted.method === 'GET' || wanted.method === 'DELETE'))
      problems.push({ path: `/arguments/${name}/in`, message: `a ${wanted.method} has no body` });
  }
  if (RESERVED.has(wanted.name.split('.')[0] ?? '')) problems.push({ path: '/name', message: 'is reserved' });
  for (const name of Object.keys(wanted.secret_headers ?? {}))
    if (REFUSED_HEADERS.test(name)) problems.push({ path: `/secret_headers/${name}`, message: 'may not be set' });
  return problems;
}

function readAction(row: Row): Action {
  const id = row.text('id');
  return {
    id,
    tenant_id: row.text('tenant_id'),
    declaration: row.contentJson<CreateAction>('actions.declaration', id),
    created_by: row.text('user_id'),
    created_at: row.time('created_at').toISOString(),
  };
}

/** Throws `invalid_input`, and `conflict` for a name that is taken. */
export async function declareAction(tx: TenantTx, by: UserPrincipal, wanted: CreateAction): Promise<Action> {
  const fields = problemsOf(wanted);
  if (fields.length > 0) throw fault('invalid_input', { fields });
  const id = newId<ActionId>();
  const content = await tx.content();
  const made = await tx.first(
    sql`insert into actions (tenant_id, id, name, declaration, key_id, user_id)
        select ${tx.value}, ${id}, ${wanted.name}, ${content.sealJson('actions.declaration', id, wanted)}, ${content.keyId}, ${by.userId}
        where (select count(1) from actions a where ${tx.mine('a')}) < ${MOST_ACTIONS}
        on conflict do nothing returning id, tenant_id, declaration, key_id as sealed_by, user_id, created_at`,
    readAction,
  );
  if (made === undefined) throw fault('conflict', { fields: [{ path: '/name', message: 'is taken' }] });
  await recordAct(tx, {
    action: 'action.declared',
    object: { kind: 'action', id },
    detail: { name: wanted.name, effect: wanted.effect, method: wanted.method, host: new URL(wanted.url).host },
  });
  return made;
}

/** Throws `not_found`. */
export async function removeAction(tx: TenantTx, id: ActionId): Promise<void> {
  const gone = await tx.run(sql`delete from actions a where ${tx.mine('a')} and a.id = ${id}`);
  if (gone === 0) throw fault('not_found');
  await recordAct(tx, { action: 'action.removed', object: { kind: 'action', id } });
}

/** Throws `not_found`. */
export async function getAction(scope: TenantScope, id: ActionId): Promise<Action> {
  const found = await scope.first(
    sql`select a.id, a.tenant_id, a.declaration, a.key_id as sealed_by, a.user_id, a.created_at
        from actions a where ${scope.mine('a')} and a.id = ${id}`,
    readAction,
  );
  if (found === undefined) throw fault('not_found');
  return found;
}

export async function listActions(
  scope: TenantScope,
  page: { readonly before?: ActionId | undefined; readonly limit: number },
): Promise<Action[]> {
  return scope.rows(
    sql`select a.id, a.tenant_id, a.declaration, a.key_id as sealed_by, a.user_id, a.created_at
        from actions a where ${scope.mine('a')} and ${sql.all(page.before !== undefined && sql`a.id < ${page.before}`)}
        order by a.id desc limit ${page.limit}`,
    readAction,
  );
}

/** Those of these names that the tenant declared. */
export async function findActions(scope: TenantScope, names: readonly string[]): Promise<Action[]> {
  if (names.length === 0) return [];
  return scope.rows(
    sql`select a.id, a.tenant_id, a.declaration, a.key_id as sealed_by, a.user_id, a.created_at
        from actions a where ${scope.mine('a')} and a.name = any(${[...names]}::text[])`,
    readAction,
  );
}
