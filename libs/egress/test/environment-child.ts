// Run by a test in an environment that wants to lead every request astray: `node environment-child.ts URL PORT`.
import { Agent, setGlobalDispatcher } from 'undici';
import { createEgressGuard, EgressError } from '../src/egress.ts';

const [url = '', port = ''] = process.argv.slice(2);
const control = await fetch(url).then(
  (response) => response.text(),
  () => 'failed',
);
// A dispatcher that leads nowhere: a guard that used the global one could not answer.
setGlobalDispatcher(
  new Agent({ connect: (_options, done) => done(new Error('the global dispatcher was used'), null) }),
);
const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${port}`] });
const guarded = await guard.read(url).then(
  ({ body }) => Buffer.from(body).toString(),
  (error: unknown) => (error instanceof EgressError ? error.code : 'another error'),
);
await guard.close();
process.stdout.write(JSON.stringify({ control, guarded }));
