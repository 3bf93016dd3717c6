// Follows a run to its end and reports: outcome, artifacts, entities, the chain as verified here, cost.
import type { Artifact, Entity, EventEnvelope, Run } from '@sallyport/contracts';
import { type ChainStatus, showVerdict, verifyExport } from './chain-status.ts';
import type { Connection } from './connection.ts';
import { saveArtifacts } from './downloads.ts';
import { fieldsOf } from './event-lines.ts';
import { status } from './exit-status.ts';
import { inert, inertJson, inertLines } from './inert.ts';
import { note, paint, print, printTable, showBytes } from './print.ts';
import { watchSignals } from './signals.ts';
import { createTimeline } from './timeline.ts';

export interface WatchOptions {
  readonly json: boolean;
  /** Folder to save the artifacts to. */
  readonly out?: string | undefined;
  /** How a person types a command that reaches the same server. */
  readonly again: (words: string) => string;
}

const MOST_LISTED = 200;

/** The exit status: how the run ended, `interrupted` when the person left before. */
export async function watchRun(connection: Connection, runId: string, options: WatchOptions): Promise<number> {
  const signals = watchSignals();
  try {
    await printEvents(connection, runId, options, signals.asked);
  } catch (error) {
    if (!signals.asked.aborted) throw error;
    note(
      `\nDetached; the run goes on.\n  follow it: ${options.again(`runs follow ${runId}`)}\n  cancel it: ${options.again(`runs cancel ${runId}`)}`,
    );
    return status('interrupted');
  } finally {
    signals.release();
  }
  return report(connection, runId, options);
}

async function printEvents(
  { client }: Connection,
  runId: string,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const timeline = createTimeline();
  const onReconnect = (): void => note('  (the stream broke; opening it again)');
  for await (const event of client.runs.follow(runId, { signal, onReconnect })) {
    print(options.json ? inertJson(event satisfies EventEnvelope) : timeline.line(event));
  }
}

interface Found {
  readonly run: Run;
  readonly artifacts: readonly Artifact[];
  readonly entities: readonly Entity[];
  readonly chain: ChainStatus;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) {
    found.push(item);
    if (found.length === MOST_LISTED) break;
  }
  return found;
}

async function report({ client }: Connection, runId: string, options: WatchOptions): Promise<number> {
  const [run, artifacts, entities, chain] = await Promise.all([
    client.runs.get(runId),
    collect(client.runs.artifacts(runId, { limit: 100 })),
    collect(client.runs.entities(runId, { limit: 100 })),
    verifyExport(client.runs.export(runId), 'what the server exports'),
  ]);
  const found = { run, artifacts, entities, chain };
  const saved = options.out === undefined ? [] : await saveArtifacts(client, artifacts, options.out);
  if (options.json) printJson(found, saved);
  else printReport(found, saved);
  if (!isWholeChainOf(chain, run)) return status('failed');
  if (run.status === 'cancelled') return status('cancelled');
  return status(run.status === 'succeeded' ? 'ok' : 'failed');
}

/** An export that is whole may still be of another run, or of another time. */
function isWholeChainOf({ of, verdict }: ChainStatus, run: Run): boolean {
  return verdict.ok && of.kind === 'run' && of.id === run.id && verdict.head === run.head;
}

function printJson({ run, artifacts, entities, chain }: Found, saved: readonly string[]): void {
  print(inertJson({ report: { run, artifacts, entities, chain: chain.verdict, saved } }));
}

function printReport({ run, artifacts, entities, chain }: Found, saved: readonly string[]): void {
  print('');
  if (run.result !== null) for (const line of inertLines(run.result.outcome)) print(`  ${line}`);
  printList(
    'artifacts',
    artifacts.map((one) => [one.id, inert(one.name, 80), showBytes(one.bytes), inert(one.data_class, 20)]),
  );
  printList(
    'entities',
    entities.map((one) => [one.id, inert(`${one.type}@${one.version}`, 40), titleOf(one)]),
  );
  for (const path of saved) print(`saved      ${inert(path)}`);
  const { verdict } = chain;
  const whole = isWholeChainOf(chain, run);
  const foreign = verdict.ok && !whole ? 'BROKEN: the export is of another run or another head' : showVerdict(verdict);
  print(`chain      ${paint(whole ? 'good' : 'bad', foreign)}`);
  print(`cost       ${inert(run.usage.cost, 30)} USD, ${run.usage.tokens} tokens, ${run.usage.calls} calls`);
  print(`run        ${inert(run.id, 40)} ${inert(run.status, 20)}`);
}

function titleOf(entity: Entity): string {
  const fields = fieldsOf(entity.attributes);
  const title = fields.text('title', 100);
  return title === '?' ? fields.text('name', 100) : title;
}

function printList(title: string, rows: readonly (readonly string[])[]): void {
  if (rows.length === 0) return;
  print(title);
  printTable(rows.map((row) => ['  ', ...row]));
  if (rows.length === MOST_LISTED) print(`   … the first ${MOST_LISTED}`);
}
