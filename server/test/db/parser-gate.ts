// The parser gate: every rendered statement goes once through PostgreSQL's own parser.
// Each tenant table in each query level must carry `alias.tenant_id = $tenant` as a top-level conjunct; inserts put $tenant in
// column tenant_id; no `*`; no other kind of statement, and no function that sets the tenant or runs text. The type cannot see a predicate on the wrong table of a join; the parser can.
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { loadModule, parseSync } from 'libpg-query';
import { CONTENT_COLUMNS, type Rendered } from '../../src/db/db.ts';

await loadModule();

type Node = Record<string, unknown>;

export const TENANT_TABLES: ReadonlySet<string> = new Set([
  'tenants',
  'users',
  'api_keys',
  'sessions',
  'tenant_keys',
  'identities',
  'token_denials',
  'runs',
  'events',
  'effects',
  'reservations',
  'artifacts',
  'entities',
  'idempotency',
  'audit',
  'audit_chain',
  'audit_unsealed',
  'retention_policies',
  'erasures',
  'artifact_links',
  'link_epochs',
  'secrets',
  'entity_types',
  'egress_policies',
  'egress_limits',
  'egress_use',
  'egress_decisions',
  'usage',
  'budgets',
  'budget_periods',
  'budget_holds',
  'billing_customers',
  'billing_events',
  'billing_transitions',
  'billing_subscriptions',
  'billing_balances',
  'actions',
  'skills',
  'approval_policies',
  'approvals',
  'approval_seats',
]);
const CONTENT: ReadonlySet<string> = new Set(CONTENT_COLUMNS);
const KINDS: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt']);
/** They set what row-level security reads, run a text as a statement, or leave the database. */
const FUNCTIONS =
  /^(set_config|query_to_xml.*|table_to_xml.*|schema_to_xml.*|database_to_xml.*|cursor_to_xml.*|dblink.*|lo_.*|pg_read_.*|pg_ls_.*)$/;
const seen = new Set<string>();

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
function list(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}
function inner(node: Node | undefined, kind: string): Node | undefined {
  const found = node?.[kind];
  return isNode(found) ? found : undefined;
}

/** `alias.tenant_id` of a column reference, or undefined. */
function tenantColumn(node: Node): string | undefined {
  const fields = list(inner(node, 'ColumnRef')?.fields).map((field) => inner(field, 'String')?.sval);
  if (fields.at(-1) !== 'tenant_id') return undefined;
  return fields.length === 2 ? String(fields[0]) : '';
}

function conjuncts(node: unknown): Node[] {
  if (!isNode(node)) return [];
  const bool = inner(node, 'BoolExpr');
  if (bool?.boolop === 'AND_EXPR') return list(bool.args).flatMap(conjuncts);
  return [node];
}

function guarded(conditions: readonly Node[], tenant: ReadonlySet<number>): Set<string> {
  const aliases = new Set<string>();
  for (const condition of conditions) {
    const expression = inner(condition, 'A_Expr');
    if (
      expression === undefined ||
      expression.kind !== 'AEXPR_OP' ||
      inner(list(expression.name)[0], 'String')?.sval !== '='
    )
      continue;
    const left = isNode(expression.lexpr) ? tenantColumn(expression.lexpr) : undefined;
    const parameter = isNode(expression.rexpr) ? inner(expression.rexpr, 'ParamRef')?.number : undefined;
    if (left !== undefined && typeof parameter === 'number' && tenant.has(parameter)) aliases.add(left);
  }
  return aliases;
}

function tables(from: readonly Node[], conditions: Node[]): { name: string; alias: string }[] {
  return from.flatMap((item) => {
    const range = inner(item, 'RangeVar');
    if (range !== undefined)
      return [
        {
          name: String(range.relname),
          alias: String((isNode(range.alias) ? range.alias.aliasname : undefined) ?? range.relname),
        },
      ];
    const join = inner(item, 'JoinExpr');
    if (join === undefined) return [];
    if (join.jointype === undefined || join.jointype === 'JOIN_INNER') conditions.push(...conjuncts(join.quals));
    return tables([join.larg, join.rarg].filter(isNode), conditions);
  });
}

function checkLevel(kind: string, node: Node, tenant: ReadonlySet<number>, text: string): void {
  const conditions = conjuncts(node.whereClause);
  const from =
    kind === 'SelectStmt'
      ? list(node.fromClause)
      : [{ RangeVar: node.relation } as Node, ...list(kind === 'UpdateStmt' ? node.fromClause : node.usingClause)];
  const named = tables(from, conditions).filter((table) => TENANT_TABLES.has(table.name));
  const aliases = guarded(conditions, tenant);
  for (const table of named) {
    const bare = named.length === 1 && aliases.has('');
    assert.ok(bare || aliases.has(table.alias), `no tenant predicate on ${table.name} ${table.alias} in: ${text}`);
  }
}

function checkInsert(node: Node, tenant: ReadonlySet<number>, text: string): void {
  const table = String(inner({ relation: node.relation } as Node, 'relation')?.relname);
  if (!TENANT_TABLES.has(table)) return;
  const at = list(node.cols).findIndex((column) => inner(column, 'ResTarget')?.name === 'tenant_id');
  assert.notEqual(at, -1, `insert into ${table} without tenant_id: ${text}`);
  const select = inner(isNode(node.selectStmt) ? node.selectStmt : undefined, 'SelectStmt');
  const rows = list(select?.valuesLists).map((row) => list(inner(row, 'List')?.items));
  const values = rows.length > 0 ? rows.map((row) => row[at]) : [inner(list(select?.targetList)[at], 'ResTarget')?.val];
  for (const value of values) {
    const plain = isNode(value)
      ? (inner(inner(value, 'TypeCast') ? (inner(value, 'TypeCast')?.arg as Node) : value, 'ParamRef')?.number as
          | number
          | undefined)
      : undefined;
    assert.ok(
      plain !== undefined && tenant.has(plain),
      `insert into ${table} takes its tenant from elsewhere: ${text}`,
    );
  }
}

/** The parameter that a written column takes: `$1`, `$1::bytea`, or `e.data` of `unnest($1::bytea[], …) as e(data, …)`. */
function parameterOf(value: Node | undefined, from: readonly Node[]): number | undefined {
  const plain = inner(value, 'TypeCast')?.arg ?? value;
  const parameter = isNode(plain) ? inner(plain, 'ParamRef')?.number : undefined;
  if (typeof parameter === 'number') return parameter;
  const fields = list(inner(isNode(plain) ? plain : undefined, 'ColumnRef')?.fields);
  const [alias, name] = fields.map((field) => inner(field, 'String')?.sval);
  for (const item of from) {
    const range = inner(item, 'RangeFunction');
    const named = isNode(range?.alias) ? range.alias : undefined;
    if (named?.aliasname !== alias || alias === undefined) continue;
    const at = list(named?.colnames).findIndex((column) => inner(column, 'String')?.sval === name);
    const call = inner(list(inner(list(range?.functions)[0], 'List')?.items)[0], 'FuncCall');
    return parameterOf(list(call?.args)[at], []);
  }
  return undefined;
}

/** A content column takes a value that was sealed for it, and nothing else. */
function checkContent(kind: string, node: Node, sealed: ReadonlyMap<number, string>, text: string): void {
  const table = String(inner({ relation: node.relation } as Node, 'relation')?.relname);
  const written = new Map<string, readonly (Node | undefined)[]>();
  let from: Node[] = [];
  if (kind === 'UpdateStmt') {
    for (const target of list(node.targetList).map((one) => inner(one, 'ResTarget')))
      written.set(String(target?.name), [isNode(target?.val) ? target.val : undefined]);
  } else {
    const select = inner(isNode(node.selectStmt) ? node.selectStmt : undefined, 'SelectStmt');
    from = list(select?.fromClause);
    const rows = list(select?.valuesLists).map((row) => list(inner(row, 'List')?.items));
    const targets = list(select?.targetList).map((one) => inner(one, 'ResTarget')?.val);
    list(node.cols).forEach((column, at) => {
      const values = rows.length > 0 ? rows.map((row) => row[at]) : [targets[at]];
      written.set(
        String(inner(column, 'ResTarget')?.name),
        values.map((value) => (isNode(value) ? value : undefined)),
      );
    });
  }
  for (const [name, values] of written) {
    const column = `${table}.${name}`;
    if (!CONTENT.has(column)) continue;
    for (const value of values) {
      const parameter = parameterOf(value, from);
      const isSealed = isErased(value) || (parameter !== undefined && sealed.get(parameter) === column);
      assert.ok(isSealed, `${column} takes a value that was not sealed for it: ${text}`);
    }
  }
}

/** Content that is taken away: `null`, or `''` where the column must stand. */
function isErased(value: Node | undefined): boolean {
  const constant = inner(value, 'A_Const');
  return constant?.isnull === true || (isNode(constant?.sval) && (constant.sval.sval ?? '') === '');
}

function walkContent(value: unknown, sealed: ReadonlyMap<number, string>, text: string): void {
  if (Array.isArray(value)) for (const item of value) walkContent(item, sealed, text);
  if (!isNode(value)) return;
  for (const kind of ['InsertStmt', 'UpdateStmt']) {
    const node = inner(value, kind);
    if (node !== undefined) checkContent(kind, node, sealed, text);
  }
  const conflict = inner(value, 'onConflictClause');
  assert.ok(conflict === undefined || list(conflict.targetList).length === 0, `a conflict rewrites a row: ${text}`);
  for (const child of Object.values(value)) walkContent(child, sealed, text);
}

function walk(value: unknown, tenant: ReadonlySet<number>, text: string): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, tenant, text);
    return;
  }
  if (!isNode(value)) return;
  assert.ok(!('A_Star' in value), `no * is allowed: ${text}`);
  const called = String(inner(list(inner(value, 'FuncCall')?.funcname).at(-1), 'String')?.sval);
  assert.ok(!FUNCTIONS.test(called), `${called} is not for a tenant's statement: ${text}`);
  for (const kind of ['SelectStmt', 'UpdateStmt', 'DeleteStmt']) {
    const node = inner(value, kind);
    if (node === undefined) continue;
    checkLevel(kind, node, tenant, text);
    // The arms of a union stand unwrapped.
    for (const arm of [node.larg, node.rarg]) if (isNode(arm)) walk({ SelectStmt: arm }, tenant, text);
  }
  const insert = inner(value, 'InsertStmt');
  if (insert !== undefined) checkInsert(insert, tenant, text);
  for (const child of Object.values(value)) walk(child, tenant, text);
}

/** One statement, of a kind whose levels are judged below: a merge or a copy would pass unseen. */
function checkKind(tree: unknown, text: string): void {
  const statements = list(isNode(tree) ? tree.stmts : undefined).map(
    (raw) => Object.keys(isNode(raw.stmt) ? raw.stmt : {})[0],
  );
  assert.ok(statements.length === 1 && KINDS.has(statements[0] ?? ''), `one select, insert, update or delete: ${text}`);
}

/** Throws an AssertionError for a statement that could see another tenant without row-level security. */
export function gate(
  rendered: Pick<Rendered, 'text' | 'tenantParameters'> & Partial<Pick<Rendered, 'sealedParameters'>>,
): void {
  const sealed = rendered.sealedParameters ?? new Map<number, string>();
  const key = `${rendered.tenantParameters.join(',')}|${[...sealed].join(';')}|${rendered.text}`;
  if (seen.has(key)) return;
  const tree: unknown = parseSync(rendered.text);
  checkKind(tree, rendered.text);
  walk(tree, new Set(rendered.tenantParameters), rendered.text);
  walkContent(tree, sealed, rendered.text);
  seen.add(key);
  // The runner compares these with the templates in the source: a statement that no test sent was never judged.
  const met = process.env.SALLYPORT_TEST_STATEMENTS;
  if (met !== undefined) appendFileSync(met, `${JSON.stringify(rendered.text)}\n`);
}
