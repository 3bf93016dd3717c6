// What people are asked: a call that a page wanted, held with its card, and an effect whose end nobody knows. Both are left as they stand,
// to be looked at in the console.
import { inertCard } from '../../cli/src/inert.ts';
import type { Client } from '../../client/src/client.ts';
import type { Approval, Effect, Run } from '../../contracts/src/contracts.ts';
import { DemoStop } from './instance.ts';
import type { MailService } from './mail-service.ts';

const NAMED = 'ann@corp.example';
const MOST_MS = 60_000;

export interface Held {
  readonly run: Run;
  readonly approval: Approval | undefined;
}

export interface Lost {
  readonly run: Run;
  readonly effect: Effect | undefined;
}

/** Gives the tenant its one way to write to people: a call of the mail service, as data. */
export async function declareMail(client: Client, mail: MailService): Promise<void> {
  await client.actions.create({
    name: 'report.send',
    description: 'Sends a short report to a person.',
    effect: 'send',
    method: 'POST',
    url: `${mail.url}/messages`,
    arguments: {
      to: { role: 'target', type: 'string', in: 'body', required: true },
      text: { role: 'content', type: 'string', in: 'body', required: true },
    },
  });
}

/** A run that reports on a page, watched until it waits for a person or ends. */
async function report(client: Client, page: string): Promise<Run> {
  const { id } = await client.runs.create({
    skill: 'web-report',
    task: `Report on the page to ${NAMED}`,
    input: { urls: [page] },
    model: 'gullible',
  });
  const late = AbortSignal.timeout(MOST_MS);
  for await (const event of client.runs.follow(id, { signal: late })) if (event.type === 'run.waiting') break;
  if (late.aborted) throw new DemoStop(`the run ${id} neither waited nor ended within ${MOST_MS / 1_000} s`);
  return client.runs.get(id);
}

export async function holdCall(client: Client, page: string): Promise<Held> {
  const run = await report(client, page);
  const { data } = await client.approvals.listPage({ run_id: run.id, state: 'pending' });
  const [first] = data;
  return { run, approval: first === undefined ? undefined : await client.approvals.get(first.id) };
}

export async function loseAnswer(client: Client, page: string): Promise<Lost> {
  const run = await report(client, page);
  for await (const effect of client.runs.effects(run.id)) if (effect.state === 'unknown') return { run, effect };
  return { run, effect: undefined };
}

/** The card in a few lines: what would be done, to whom, and whose word that is. */
export function cardLines({ card, expires_at }: Approval): string[] {
  const to = card.arguments.find(({ role }) => role === 'target');
  const [source] = to?.sources ?? [];
  const whose = source?.kind === 'tool' ? `written by ${source.tool}, not by you` : 'nobody’s word';
  return [
    `     ‖ ${inertCard(card.tool, 60)} (${card.effect}) to ${inertCard(to?.shown ?? '', 80)}: ${inertCard(whose, 100)}`,
    `       ${inertCard(card.irreversible, 200)} Denied by itself at ${expires_at}.`,
  ];
}
