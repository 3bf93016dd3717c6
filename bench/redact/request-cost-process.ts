// A real API over a real database with two fronts: one that writes its lines, to a stderr that nobody reads, and one that writes none.
import { startHttp } from '../../server/src/http/http.ts';
import { createLog } from '../../server/src/log.ts';
import { startApi } from '../../server/test/http/api.ts';

const api = await startApi();
const fronts = await Promise.all(
  (['info', 'error'] as const).map((level) => startHttp({ ...api.deps, log: createLog({ level }) })),
);
process.on('message', (message) => {
  if (message === 'cpu') process.send?.(process.cpuUsage());
  else
    void Promise.all(fronts.map((front) => front.close()))
      .then(() => api.close())
      .then(() => process.exit(0));
});
process.send?.({ urls: fronts.map((front) => front.url), key: api.tenantA.api_key });
