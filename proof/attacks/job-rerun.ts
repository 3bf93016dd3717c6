// A background job is run again: a worker that lost its lease in the last step hands the run to another, which begins from nothing.
import { listArtifacts } from '../../server/src/artifacts/artifacts.ts';
import { openWorkbench, serveSite } from '../../server/test/workbench.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

async function run(setting: Setting): Promise<Outcome> {
  let fetches = 0;
  const site = await serveSite((_request, response) => {
    fetches++;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('A page with one sentence that is long enough to be kept.');
  });
  const bench = await openWorkbench({
    ports: [site.port],
    agentDoors: { grant: true, provenance: true, journal: setting.outer, ledger: setting.inner },
  });
  try {
    if (!setting.inner)
      await bench.database.admin('alter table app.usage drop constraint usage_tenant_id_run_id_effect_key_key');
    const first = bench.start();
    const id = await bench.createRun({ urls: [`${site.url}/page`] });
    await bench.ended(id);
    await first.close();
    // The end of the run is taken back, as if its last commit had been lost: the job is due once more.
    await bench.database.admin(
      "update app.runs set status = 'queued', worker = null, ended_at = null, result = null where id = $1",
      [id],
    );
    await bench.database.admin("delete from app.events where run_id = $1 and type = 'run.succeeded'", [id]);
    await bench.database.admin(
      'update app.runs r set last_seq = e.seq, head = e.hash from (select seq, hash from app.events where run_id = $1 order by seq desc limit 1) e where r.id = $1',
      [id],
    );
    bench.start();
    bench.agent.signals.ready();
    await bench.ended(id);
    const scope = bench.database.api.tenant(bench.alice);
    const made = (await listArtifacts(scope, { runId: id, limit: 100 })).length;
    // A call whose answer was lost with its worker is a call that the provider charged: only settled ones are counted twice.
    const { rows } = await bench.database.admin(
      "select count(*)::int as n from app.usage where run_id = $1 and settlement = 'settled'",
      [id],
    );
    const charged = Number(rows[0]?.n);
    return {
      succeeded: made > 2 || charged > 4,
      evidence: `${made} artifacts where 2 belong, ${charged} charges where 4 belong; the page was fetched ${fetches} times`,
    };
  } finally {
    await bench.close();
    await site.close();
  }
}

export const jobRerun: Attack = {
  id: 'job-rerun',
  promise: 7,
  threat: 'Background job re-run causing double charges or duplicate artifacts',
  outer: 'the journal replays what is finished',
  inner: 'a unique effect key is claimed first',
  run,
};
