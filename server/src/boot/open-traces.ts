// Traces as the settings say: undefined when they are off, which costs nothing.
import { readFileSync } from 'node:fs';
import type { EgressGuard } from '@sallyport/egress';
import type { Config } from '../config.ts';
import { fault } from '../errors.ts';
import type { Log } from '../log.ts';
import { createTraces, type Traces } from '../traces/traces.ts';

const MANIFEST = new URL('../../package.json', import.meta.url);
const MOST_ANSWER_BYTES = 64 * 1024;
const SEND_MS = 5_000;

export function openTraces(config: Config, log: Log, collector: EgressGuard | undefined): Traces | undefined {
  const { tracesUrl: url, tracesAuthorization: authorization } = config;
  if (url === undefined || collector === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  const headers = {
    'content-type': 'application/json',
    ...(authorization === undefined ? {} : { authorization }),
  };
  const send = async (body: string): Promise<void> => {
    const options = { method: 'POST', headers, body, maxBytes: MOST_ANSWER_BYTES, timeoutMs: SEND_MS };
    const { status } = await collector.read(url.href, options);
    if (status >= 300) throw fault('unavailable', { detail: `the collector answered with status ${status}` });
  };
  return createTraces({ send, log, version, share: config.tracesShare / 100 });
}
