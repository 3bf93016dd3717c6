// A careless line of code hands a whole request, key and all, to the log.
import { createLog, type LogFields } from '../../server/src/log.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

const CANARY = 'sp_live_0123456789abcdefghijkl_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw';

async function run(setting: Setting): Promise<Outcome> {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    write: (line) => lines.push(line),
    fields: setting.outer,
    redaction: setting.inner,
  });
  const request = { headers: { authorization: `Bearer ${CANARY}` }, url: `/v1/runs?api_key=${CANARY}` };
  log.info('request.failed', { request, status: 500 } as LogFields);
  log.with({ headers: request.headers } as LogFields).warn('again');
  const leaked = lines.filter((line) => line.includes(CANARY)).length;
  return { succeeded: leaked > 0, evidence: `${leaked} of ${lines.length} lines hold the key` };
}

export const keyInLog: Attack = {
  id: 'key-in-log',
  promise: 3,
  threat: 'API key leak in logs',
  outer: 'a line holds the fields of a closed list only',
  inner: 'redaction at the sink',
  run,
};
