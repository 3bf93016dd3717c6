// Workers in processes of their own whose model costs money: a local endpoint says how much each step used.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { RunId } from '../../src/ids.ts';
import { openWorkbench, serveSite, type Workbench } from '../workbench.ts';
import type { WorkerProcessPlan } from '../worker/worker-process.ts';

export const PRICE = { input: '1.00', output: '10.00' };

export interface Spenders {
  readonly bench: Workbench;
  /** While it is shut the endpoint answers nobody. */
  readonly gate: { open: boolean; waiting: (() => void)[] };
  openGate(): void;
  /** Questions that the endpoint was asked. */
  readonly questions: { count: number };
  spawnWorker(concurrency: number): Promise<ChildProcess>;
  /** Kills it and waits until it is gone. */
  kill(child: ChildProcess): Promise<void>;
  /** What the ledger and the row of the run say, side by side. */
  account(id: RunId): Promise<Account>;
  close(): Promise<void>;
}

export interface Account {
  readonly run: { readonly tokens: number; readonly cost: string };
  readonly ledger: { readonly tokens: number; readonly cost: string };
  readonly keys: readonly string[];
  readonly open: number;
  readonly lost: number;
}

interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
}

/** The model writes `steps - 1` artifacts, one a step, and then ends. */
export async function openSpenders(options: { steps: number; usage: () => Usage }): Promise<Spenders> {
  const gate: Spenders['gate'] = { open: true, waiting: [] };
  const questions = { count: 0 };
  const llm = await serveSite((request, response) => {
    void text(request).then((body) => {
      questions.count++;
      const { messages } = JSON.parse(body) as { messages: { role: string }[] };
      const done = messages.filter((message) => message.role === 'tool').length;
      const answer = (): void => complete(response, done, done + 1 < options.steps, options.usage());
      if (gate.open) setTimeout(answer, 10);
      else gate.waiting.push(answer);
    });
  });
  const bench = await openWorkbench();
  const children = new Set<ChildProcess>();
  const plan: WorkerProcessPlan = {
    connect: bench.database.connect.worker,
    prefix: bench.database.prefix,
    blobs: bench.blobRoot,
    skills: fileURLToPath(new URL('../../../skills', import.meta.url)),
    ports: [],
    model: { port: llm.port, price: PRICE },
  };
  return {
    bench,
    gate,
    questions,
    openGate: () => {
      gate.open = true;
      for (const answer of gate.waiting.splice(0)) answer();
    },
    spawnWorker: async (concurrency) => {
      const program = fileURLToPath(new URL('../worker/worker-process.ts', import.meta.url));
      const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
      children.add(child);
      child.stdin?.end(JSON.stringify({ ...plan, concurrency }));
      await once(child.stdout ?? child, 'data');
      return child;
    },
    kill: async (child) => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      children.delete(child);
    },
    account: (id) => readAccount(bench, id),
    close: async () => {
      for (const child of children) child.kill('SIGKILL');
      await bench.close();
      await llm.close();
    },
  };
}

function complete(response: ServerResponse, done: number, more: boolean, usage: Usage): void {
  const call = {
    name: 'artifact_write',
    arguments: JSON.stringify({ name: `note-${done}.md`, media_type: 'text/markdown', content: `Note ${done}.` }),
  };
  const message = more
    ? { role: 'assistant', content: null, tool_calls: [{ id: `c${done}`, type: 'function', function: call }] }
    : { role: 'assistant', content: 'Done.' };
  const choices = [{ index: 0, message, finish_reason: more ? 'tool_calls' : 'stop' }];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'test-model', choices, usage }));
}

async function readAccount(bench: Workbench, id: RunId): Promise<Account> {
  const { rows } = await bench.database.admin(
    `select r.used_tokens::int as run_tokens, r.used_cost::text as run_cost,
       coalesce((select sum(u.input_tokens + u.output_tokens) from app.usage u where u.run_id = r.id), 0)::int as ledger_tokens,
       coalesce((select sum(u.cost) from app.usage u where u.run_id = r.id), 0)::numeric(20, 10)::text as ledger_cost,
       array(select u.effect_key from app.usage u where u.run_id = r.id order by 1) as keys,
       (select count(*) from app.reservations v where v.run_id = r.id and v.state = 'open')::int as open,
       (select count(*) from app.reservations v where v.run_id = r.id and v.state = 'lost')::int as lost
     from app.runs r where r.id = $1`,
    [id],
  );
  const row = rows[0] ?? {};
  return {
    run: { tokens: Number(row.run_tokens), cost: String(row.run_cost) },
    ledger: { tokens: Number(row.ledger_tokens), cost: String(row.ledger_cost) },
    keys: row.keys as string[],
    open: Number(row.open),
    lost: Number(row.lost),
  };
}
