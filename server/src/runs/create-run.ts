// Creates a run: one transaction for the row and its first event, so that no run exists without its log.
import type { Budget, Run } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { sql, type TenantTx } from '../db/db.ts';
import { append, lockRun } from '../events/events.ts';
import { newId, type RunId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';
import type { RunGrant } from './read-run.ts';

export interface NewRun {
  readonly skill: { readonly name: string; readonly version: string /** lower-case hex */; readonly digest: string };
  readonly model: string;
  readonly task: string;
  readonly input: Run['input'];
  readonly grant: RunGrant;
  readonly budget: Budget;
}

/** Inserts the run as queued with `run.created`; call `signals.ready()` after the commit. */
export async function createRun(tx: TenantTx, principal: UserPrincipal, run: NewRun): Promise<RunId> {
  const id = newId<RunId>();
  const { budget, skill } = run;
  const content = await tx.content();
  await tx.run(sql`insert into runs (tenant_id, id, user_id, api_key_id, skill_name, skill_version, skill_digest, model, task, input, run_grant, key_id,
      budget_tokens, budget_cost, budget_seconds, budget_calls)
    values (${tx.value}, ${id}, ${principal.userId}, ${principal.keyId ?? null}, ${skill.name}, ${skill.version}, ${Buffer.from(skill.digest, 'hex')}, ${run.model},
      ${content.seal('runs.task', id, run.task)}, ${content.sealJson('runs.input', id, run.input)}, ${content.sealJson('runs.run_grant', id, run.grant)}, ${content.keyId},
      ${budget.tokens}, ${budget.cost}::numeric, ${budget.seconds}, ${budget.calls})`);
  const control = { kind: 'control' } as const;
  const head = await lockRun(tx, id, control);
  await append(tx, head, control, [
    {
      type: 'run.created',
      actor: { kind: 'user', id: principal.userId },
      data: { skill, model: run.model, budget, input_artifacts: [...(run.input.artifacts ?? [])] },
    },
  ]);
  await recordAct(tx, {
    action: 'run.created',
    object: { kind: 'run', id },
    detail: { skill: `${skill.name}@${skill.version}`, skill_digest: skill.digest, model: run.model },
  });
  return id;
}
