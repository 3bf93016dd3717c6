// Measures how many bytes of log lines the redactor masks in one CPU second, as a ratio to parsing and writing the same lines as JSON.
// Rounds of all contenders are interleaved, so that a noisy moment strikes all alike; the median round counts. Run:
//   node launcher/with-node.mjs bench/redact/redact.bench.ts
import { createRequire } from 'node:module';
import { createRedactor } from '../../libs/redact/src/redact.ts';
import { makeRecords } from './lines.ts';

const ROUNDS = 15;
const require = createRequire(import.meta.url);
const records = makeRecords(Number(process.argv[2] ?? 1), 4000);
const lines = records.map((record) => JSON.stringify(record));
const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
const redactor = createRedactor();
const holding = createRedactor({
  secrets: Array.from({ length: 20 }, (_each, index) => `held-secret-${index}-${'z'.repeat(20)}`),
});

interface Contender {
  readonly name: string;
  readonly run: () => number;
}

const each =
  <Item>(items: readonly Item[], turn: (item: Item) => unknown) =>
  (): number => {
    let seen = 0;
    for (const item of items) seen += String(turn(item) === undefined).length;
    return seen;
  };

function optional(name: string, build: (loaded: unknown) => (record: object) => unknown): Contender[] {
  let loaded: unknown;
  try {
    loaded = require(name);
  } catch {
    process.stdout.write(`${name} is not installed and is left out\n`);
    return [];
  }
  return [{ name, run: each(records, build(loaded)) }];
}

const contenders: readonly Contender[] = [
  { name: 'JSON.parse + JSON.stringify', run: each(lines, (line) => JSON.stringify(JSON.parse(line))) },
  { name: 'redact(value)', run: each(records, (record) => redactor.redact(record)) },
  { name: 'redact(value), 20 secrets held', run: each(records, (record) => holding.redact(record)) },
  { name: 'redactText(line)', run: each(lines, (line) => redactor.redactText(line)) },
  { name: 'parse, redact, write', run: each(lines, (line) => JSON.stringify(redactor.redact(JSON.parse(line)))) },
  ...optional('@pinojs/redact', (loaded) => {
    const build = loaded as (options: object) => (record: object) => unknown;
    return build({ paths: ['headers.authorization', 'headers.cookie', 'password', '*.password', '*.token'] });
  }),
  ...optional('@zapier/secret-scrubber', (loaded) => {
    const { findSensitiveValues, scrub } = loaded as {
      findSensitiveValues: (value: object) => string[];
      scrub: (value: object, secrets: string[]) => unknown;
    };
    return (record) => {
      const secrets = findSensitiveValues(record);
      return secrets.length === 0 ? record : scrub(record, secrets);
    };
  }),
];

const spent = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
for (let round = -2; round < ROUNDS; round++) {
  for (const { name, run } of contenders) {
    const start = process.cpuUsage();
    run();
    const used = process.cpuUsage(start);
    if (round >= 0) spent.get(name)?.push(used.user + used.system);
  }
}
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const base = median(spent.get(contenders[0]?.name ?? '') ?? []);
process.stdout.write(`${lines.length} lines, ${bytes} bytes, ${ROUNDS} rounds\n`);
for (const { name } of contenders) {
  const time = median(spent.get(name) ?? []);
  process.stdout.write(
    `${name.padEnd(32)} ${(bytes / time).toFixed(1).padStart(8)} MB per CPU second  ${(base / time).toFixed(3).padStart(7)} of a JSON round trip\n`,
  );
}
const costs = lines.map((line) => {
  const start = process.hrtime.bigint();
  redactor.redactText(line);
  return Number(process.hrtime.bigint() - start) / 1e6;
});
const sorted = costs.sort((a, b) => a - b);
process.stdout.write(
  `redactText, 99 of 100 lines below ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(3)} ms\n`,
);
