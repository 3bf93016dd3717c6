// Measures what letting a key in costs: verifying it without any cache and counting it under four limits, at 32 at a time, beside one bare
// guarded update of PostgreSQL; and refusing garbage by its checksum, beside a digest and a look into a Map. Rounds are interleaved, so that
// a noisy moment strikes all alike; the median round counts. Run:
//   node launcher/with-node.mjs bench/auth/auth.bench.ts
import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDatabase } from '../../server/src/db/db.ts';
import {
  createPeppers,
  createTenant,
  firstBootOperator,
  generateKey,
  parseKey,
  verifyKey,
} from '../../server/src/identity/identity.ts';
import { createRates, type Wanted } from '../../server/src/limits/limits.ts';
import { testDatabase } from '../../server/test/database.ts';

const ROUNDS = 9;
const AT_ONCE = 32;
const CALLS = 1_500;
const KEYS = 200;
const TEXTS = 200_000;

const database = await testDatabase();
const peppers = createPeppers(new Map([[1, randomBytes(32)]]));
const db = createDatabase({
  connect: database.connect.api,
  prefix: database.prefix,
  max: AT_ONCE,
  onFault: () => undefined,
});
const bare = new pg.Pool({ ...database.connect.direct, max: AT_ONCE });
bare.on('error', () => undefined);
await bare.query('create table public.guarded (id int primary key, used bigint not null, room bigint not null)');
await bare.query('insert into public.guarded select n, 0, 1000000000 from generate_series(1, $1) n', [KEYS]);
const texts: string[] = [];
for (let count = 0; count < KEYS; count++)
  texts.push((await createTenant(db, peppers, firstBootOperator(), `t${count}`)).api_key);
const rates = createRates({
  db,
  clock: { now: () => Date.now(), monotonic: () => performance.now() },
  onFault: (error) => process.stderr.write(`${String(error)}\n`),
});
const rate = { count: 9_000_000, seconds: 60 };

/** As the API does it: the address is shared by all callers. */
async function letIn(at: number): Promise<void> {
  const key = parseKey(texts[at % KEYS] ?? '');
  const verdict = key === undefined ? undefined : await verifyKey(db, peppers, key, Date.now());
  if (verdict?.ok !== true) throw new TypeError('a key of the measurement must be good');
  const { keyId, userId, tenantId } = verdict.principal;
  const wanted: Wanted[] = [
    { scope: 'address', id: '192.0.2.1', rate },
    { scope: 'key', id: keyId, rate },
    { scope: 'user', id: userId, rate },
    { scope: 'tenant', id: tenantId, rate },
  ];
  await rates.take(wanted, 'closed');
}
async function verifyOnly(at: number): Promise<void> {
  const key = parseKey(texts[at % KEYS] ?? '');
  const verdict = key === undefined ? undefined : await verifyKey(db, peppers, key, Date.now());
  if (verdict?.ok !== true) throw new TypeError('a key of the measurement must be good');
}
async function guardedUpdate(at: number): Promise<void> {
  await bare.query('update public.guarded set used = used + 1 where id = $1 and used < room returning used', [
    1 + (at % KEYS),
  ]);
}

const garbage = Array.from({ length: 1_000 }, () => `${generateKey('live').text.slice(0, -1)}!`.replace('!', 'x'));
const known = new Map(garbage.map((text) => [createHash('sha256').update(text).digest('hex'), 1]));
let seen = 0;
const refuseGarbage = (): void => {
  for (let at = 0; at < TEXTS; at++) if (parseKey(garbage[at % 1_000] ?? '') !== undefined) seen++;
};
const digestAndMap = (): void => {
  for (let at = 0; at < TEXTS; at++)
    if (
      known.has(
        createHash('sha256')
          .update(garbage[at % 1_000] ?? '')
          .digest('hex'),
      )
    )
      seen++;
};

interface Measured {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}
async function measure(work: () => Promise<number> | number): Promise<Measured> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  const count = await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: count / seconds, perCpuSecond: count / ((user + system) / 1e6) };
}
const calls = (one: (at: number) => Promise<void>) => async (): Promise<number> => {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < CALLS) await one(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return CALLS;
};
const loop = (all: () => void) => (): number => {
  all();
  return TEXTS;
};

const contenders: Readonly<Record<string, () => Promise<number> | number>> = {
  'one guarded update': calls(guardedUpdate),
  'verify, uncached': calls(verifyOnly),
  'verify and four limits': calls(letIn),
  'digest and Map': loop(digestAndMap),
  'garbage refused': loop(refuseGarbage),
};
const results = new Map<string, Measured[]>(Object.keys(contenders).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++)
  for (const [name, work] of Object.entries(contenders)) {
    const measured = await measure(work);
    // The first round warms up.
    if (round > 0) results.get(name)?.push(measured);
  }

function median(name: string, of: keyof Measured): number {
  const values = (results.get(name) ?? []).map((one) => one[of]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? 0;
}
for (const name of Object.keys(contenders)) {
  const base = name.includes('garbage') || name.includes('digest') ? 'digest and Map' : 'one guarded update';
  const [rateRatio, cpuRatio] = (['perSecond', 'perCpuSecond'] as const).map((of) =>
    (median(name, of) / median(base, of)).toFixed(2),
  );
  process.stdout.write(
    `${name.padEnd(24)} ${Math.round(median(name, 'perSecond')).toString().padStart(8)}/s  ${rateRatio} of ${base} in time, ${cpuRatio} in CPU of this process\n`,
  );
}

rates.close();
await Promise.all([db.close(), bare.end()]);
await database.drop();
process.exitCode = seen > 0 && Number.isFinite(seen) ? 0 : 1;
