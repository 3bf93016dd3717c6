// Looks for canaries in whatever a server left behind: as they are and in the encodings that things are written in.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import pg from 'pg';
import { findEmbedded } from '../../src/embedded/embedded.ts';
import { type Canary, reasonFor } from './canaries.ts';

export interface Find {
  readonly place: string;
  readonly slot: string;
  readonly form: string;
}

export interface Haystack {
  readonly place: string;
  readonly bytes: Buffer;
}

/** Base64 of a text depends on where in the encoded bytes it begins: of each of three positions the part that does not change. */
function base64Forms(value: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]).toString('base64');
    return encoded.slice(shift === 0 ? 0 : shift + 1, -4).replace(/=+$/, '');
  });
}

function formsOf(value: string): Readonly<Record<string, string>> {
  const [first = '', second = '', third = ''] = base64Forms(value);
  return {
    plain: value,
    hex: Buffer.from(value).toString('hex'),
    percent: encodeURIComponent(value),
    json: JSON.stringify(value).slice(1, -1),
    base64: first,
    'base64 from 1': second,
    'base64 from 2': third,
  };
}

/** Every find, whether it is meant or not. */
export function findAll(
  haystacks: readonly Haystack[],
  canaries: readonly Canary[],
): (Find & { readonly meant: boolean })[] {
  const forms = canaries.map((canary) => ({ canary, forms: Object.entries(formsOf(canary.value)) }));
  return haystacks.flatMap(({ place, bytes }) =>
    forms.flatMap(({ canary, forms: spellings }) => {
      const found = spellings.find(([, text]) => bytes.includes(text));
      if (found === undefined) return [];
      return [{ place, slot: canary.slot, form: found[0], meant: reasonFor(place, canary) !== undefined }];
    }),
  );
}

/** Every file below a folder, by its path in it. */
export function filesBelow(root: string, name: string): Haystack[] {
  return readdirSync(root, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name);
    return entry.isFile() && statSync(path).size > 0
      ? [{ place: `${name}: ${relative(root, path)}`, bytes: readFileSync(path) }]
      : [];
  });
}

/** Every row of every table of every schema, as the superuser reads it, and what the statistics remember of statements. */
export async function tablesOf(dataDir: string): Promise<Haystack[]> {
  const { socketDir, port, superuser } = findEmbedded({ dataDir });
  const client = new pg.Client({ host: socketDir, port, user: superuser, database: 'sallyport' });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'
       union all select 'pg_catalog.pg_stat_activity' union all select 'pg_catalog.pg_authid' order by 1`,
    );
    const found: Haystack[] = [];
    for (const { name } of rows) {
      const table = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t`);
      found.push({ place: `table: ${name}`, bytes: Buffer.from(table.rows.map(({ row }) => row).join('\n')) });
    }
    return found;
  } finally {
    await client.end();
  }
}

/** A statement of the superuser, to make the database fail. */
export async function asSuperuser(dataDir: string, text: string): Promise<void> {
  const { socketDir, port, superuser } = findEmbedded({ dataDir });
  const client = new pg.Client({ host: socketDir, port, user: superuser, database: 'sallyport' });
  await client.connect();
  await client.query(text).finally(() => client.end());
}
