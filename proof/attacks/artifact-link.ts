// A link to an artifact is guessed from what a person may know of it, and an expired one is given a later end.
import { startApi } from '../../server/test/http/api.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

const CONTENT = 'private words of tenant A';

async function run(setting: Setting): Promise<Outcome> {
  const api = await startApi({ linkDoors: { signature: setting.outer, row: setting.inner } });
  try {
    const key = api.tenantA.api_key;
    const headers = { 'content-type': 'text/plain' };
    const uploaded = await api.ask('/v1/artifacts', { key, method: 'POST', body: CONTENT, headers });
    const id = (uploaded.json as { id: string }).id;
    const made = await api.ask(`/v1/artifacts/${id}/signed-url`, { key, json: {} });
    const [path = '', query = ''] = (made.json as { url: string }).url.split('?');
    const guess = new URLSearchParams(query);
    guess.set('s', 'A'.repeat(43));
    const guessed = await api.ask(`/v1/signed/11111111-1111-4111-8111-111111111111?${guess}`);
    const late = new URLSearchParams(query);
    late.set('e', '99999999999');
    await api.database.admin("update app.artifact_links set expires_at = created_at + interval '1 microsecond'");
    const altered = await api.ask(`${path}?${late}`);
    const opened = [guessed, altered].filter((answer) => answer.text.includes(CONTENT)).length;
    return {
      succeeded: opened > 0,
      evidence: `${opened} of 2 bad links were opened (${guessed.status}, ${altered.status})`,
    };
  } finally {
    await api.close();
  }
}

export const artifactLink: Attack = {
  id: 'artifact-link',
  promise: 5,
  threat: 'Artifact URL sharing bypass',
  outer: 'a signature over all that the link says',
  inner: 'a row that must stand in the tenant',
  run,
};
