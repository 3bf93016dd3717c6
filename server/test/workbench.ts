// A worker with all its real parts over a test database, and local pages to read: for tests that drive whole runs.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseExport, type Verdict, verifyChain } from '@sallyport/chain';
import { type Budget, type EventEnvelope, type Run, TERMINAL_EVENTS } from '@sallyport/contracts';
import { createEgressGuard, type EgressDoors } from '@sallyport/egress';
import { normalizeUrl } from '@sallyport/flow';
import { type AgentDeps, type AgentDoors, ALL_DOORS, type ModelSettings, openModels } from '../src/agent/agent.ts';
import { insertArtifact, storeBlob } from '../src/artifacts/artifacts.ts';
import { createLocalBlobs, sealBlobs } from '../src/blobs/blobs.ts';
import { systemClock } from '../src/clock.ts';
import { openListener } from '../src/db/db.ts';
import { type EgressLists, parseLists } from '../src/egress/egress.ts';
import { allEvents, exportRun, openSignals, type Signals } from '../src/events/events.ts';
import { createPeppers, createTenant, firstBootOperator, parseKey, verifyKey } from '../src/identity/identity.ts';
import type { ArtifactId, RunId } from '../src/ids.ts';
import { createLog } from '../src/log.ts';
import { createParser } from '../src/parse/parse.ts';
import type { UserPrincipal } from '../src/principal.ts';
import { createRun, findRun, getRun } from '../src/runs/runs.ts';
import { loadSkills } from '../src/skills/skills.ts';
import { startWorker, type WorkerHandle } from '../src/worker/worker.ts';
import { type TestDatabase, testDatabase } from './database.ts';

/** SALLYPORT_TEST_NODES=2 puts a second worker beside each: what holds of one must hold of a house. */
const LEAST_NODES = Number(process.env.SALLYPORT_TEST_NODES ?? '1');
const SKILLS = fileURLToPath(new URL('../../skills', import.meta.url));

export interface Site {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
}

/** A real local server. */
export async function serveSite(listener: RequestListener): Promise<Site> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const ENDED = ['succeeded', 'failed', 'cancelled'];

export interface WorkbenchOptions {
  readonly ports?: readonly number[];
  readonly models?: ModelSettings;
  readonly doors?: EgressDoors;
  readonly reader?: AgentDeps['reader'];
  readonly egressLists?: EgressLists;
  readonly agentDoors?: Partial<AgentDoors>;
  /** The inner door of stored bytes; off only to show that it is needed. */
  readonly sealing?: boolean;
}

export interface Workbench {
  readonly database: TestDatabase;
  readonly agent: AgentDeps;
  readonly alice: UserPrincipal;
  readonly lines: string[];
  readonly blobRoot: string;
  start(options?: { concurrency?: number; drainMs?: number }): WorkerHandle;
  createRun(options: RunOptions): Promise<RunId>;
  upload(text: string | Uint8Array, mediaType: string, name?: string): Promise<ArtifactId>;
  run(id: RunId): Promise<Run>;
  events(id: RunId): Promise<EventEnvelope[]>;
  /** Waits until the run has ended and answers it. */
  ended(id: RunId): Promise<Run>;
  /** Ends its workers. */
  stop(): Promise<void>;
  /** Waits until the log has grown beyond `seq`. */
  moved(id: RunId, seq: number): Promise<void>;
  until(id: RunId, statuses: readonly string[]): Promise<Run>;
  /** Waits until the run has ended or waits for a person. */
  rested(id: RunId): Promise<Run>;
  /** Waits until an event matches. */
  seen(id: RunId, is: (event: EventEnvelope) => boolean): Promise<EventEnvelope>;
  verify(id: RunId): Promise<Verdict>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly skill?: string;
  readonly task?: string;
  readonly urls?: readonly string[];
  readonly artifacts?: readonly ArtifactId[];
  readonly model?: string;
  readonly budget?: Partial<Budget>;
}

export async function openWorkbench(options: WorkbenchOptions = {}): Promise<Workbench> {
  const sealing = options.sealing ?? true;
  const database = await testDatabase({ sealing });
  const blobRoot = await mkdtemp(join(tmpdir(), 'sallyport-bench-'));
  const lines: string[] = [];
  const log = createLog({ level: 'debug', write: (line) => lines.push(line) });
  const listener = await openListener(database.connect.api, () => undefined);
  const signals = await openSignals(listener, () => undefined);
  const egress = createEgressGuard(
    { allowAddresses: (options.ports ?? []).map((port) => `127.0.0.1/32:${port}`) },
    options.doors,
  );
  const parser = createParser();
  const agent: AgentDeps = {
    db: database.worker,
    skills: await loadSkills(SKILLS),
    models: openModels(options.models ?? { fallback: 'rehearsal' }),
    blobs: sealBlobs(createLocalBlobs({ root: blobRoot }), { sealing }),
    clock: systemClock,
    egress,
    parser,
    signals,
    log,
    reader: options.reader,
    ...(options.egressLists === undefined ? {} : { egressLists: parseLists(options.egressLists) }),
    ...(options.agentDoors === undefined ? {} : { doors: { ...ALL_DOORS, ...options.agentDoors } }),
  };
  const peppers = createPeppers(new Map([[1, new Uint8Array(32).fill(7)]]));
  const tenant = await createTenant(database.api, peppers, firstBootOperator(), 'A');
  const parsed = parseKey(tenant.api_key);
  const verdict = parsed === undefined ? undefined : await verifyKey(database.api, peppers, parsed, Date.now());
  if (verdict?.ok !== true) throw new Error('the key of the workbench was refused');
  const alice = verdict.principal;
  const scope = database.api.tenant(alice);
  const events = async (id: RunId): Promise<EventEnvelope[]> => Array.fromAsync(allEvents(scope, id));
  const workers = new Set<WorkerHandle>();
  const until = async (id: RunId, statuses: readonly string[]): Promise<Run> => {
    await waitFor(signals, id, async () => {
      const { status } = await getRun(scope, id);
      return statuses.includes(status) ? status : undefined;
    });
    return getRun(scope, id);
  };
  return {
    database,
    agent,
    alice,
    lines,
    blobRoot,
    start: ({ concurrency = 2, drainMs = 5_000 } = {}) => {
      const shared = { agent, direct: database.connect.worker, rolePrefix: database.prefix, drainMs };
      const start = (): WorkerHandle => {
        const worker = startWorker({ ...shared, concurrency });
        workers.add(worker);
        return worker;
      };
      for (let beside = 1; beside < LEAST_NODES; beside++) start();
      return start();
    },
    createRun: (wanted) => makeRun({ database, agent, alice }, wanted),
    upload: async (content, mediaType, name = 'upload') => {
      const blob = await storeBlob(agent.blobs, scope, [Buffer.from(content)]);
      const { id } = await insertArtifact(scope, blob, {
        name,
        mediaType,
        dataClass: 'upload',
        integrity: 'untrusted',
        confidentiality: 'private',
        sources: [],
        userId: alice.userId,
      });
      return id as ArtifactId;
    },
    run: (id) => getRun(scope, id),
    events,
    stop: async () => {
      await Promise.all([...workers].map((worker) => worker.close()));
      workers.clear();
    },
    until,
    moved: async (id, seq) => {
      await waitFor(signals, id, async () => ((await getRun(scope, id)).last_seq > seq ? true : undefined));
    },
    ended: (id) => until(id, ENDED),
    rested: (id) => until(id, [...ENDED, 'waiting']),
    seen: (id, is) =>
      waitFor(signals, id, async () => {
        const all = await events(id);
        const found = all.find(is);
        const last = all.at(-1);
        if (found === undefined && last !== undefined && TERMINAL_EVENTS.has(last.type))
          throw new Error(`the run ended first: ${JSON.stringify(last.data)}`);
        return found;
      }),
    verify: async (id) => {
      const record = await findRun(scope, id);
      if (record === undefined) throw new Error('no such run');
      return verifyChain(await parseExport(exportRun(scope, record)));
    },
    close: async () => {
      await Promise.all([...workers].map((worker) => worker.close()));
      await egress.close();
      await parser.close();
      signals.close();
      await listener.close();
      await database.drop();
      await rm(blobRoot, { recursive: true, force: true });
    },
  };
}

async function makeRun(
  bench: { database: TestDatabase; agent: AgentDeps; alice: UserPrincipal },
  wanted: RunOptions,
): Promise<RunId> {
  const skill = bench.agent.skills.find(wanted.skill ?? 'web-digest');
  if (skill === undefined) throw new Error('no such skill');
  const urls = (wanted.urls ?? []).map((url) => normalizeUrl(url) ?? url);
  const artifacts = [...(wanted.artifacts ?? [])];
  const id = await bench.database.api.atomic(bench.alice, (tx) =>
    createRun(tx, bench.alice, {
      skill: { name: skill.name, version: skill.version, digest: skill.digest },
      model: wanted.model ?? 'rehearsal',
      task: wanted.task ?? 'Digest it.',
      input: { urls, artifacts },
      grant: {
        tools: skill.tools.map((tool) => ({ tool })),
        hosts: [],
        urls,
        artifacts,
        entityTypes: [...skill.entityTypes],
      },
      budget: { ...skill.budget, ...wanted.budget },
    }),
  );
  bench.agent.signals.ready();
  return id;
}

/** Looks again whenever the run's log grows; the runner's own limit ends a wait that never comes true. */
async function waitFor<T>(signals: Signals, id: RunId, look: () => Promise<T | undefined>): Promise<T> {
  const waiter = signals.watch(id);
  try {
    for (;;) {
      waiter.arm();
      const found = await look();
      if (found !== undefined) return found;
      await waiter.wait(200);
    }
  } finally {
    waiter.close();
  }
}
