// The ways out of a deployment: one guard for agents, one for the operator's own model endpoint, one for a reader service.
// Each is opened for what it is for and for nothing else: a private model endpoint is no page that an agent may read.
import { createEgressGuard, type EgressGuard, type EgressResponse, type FetchInit } from '@sallyport/egress';
import type { openModels } from '../agent/agent.ts';
import type { Config } from '../config.ts';

export interface Guards {
  readonly web: EgressGuard;
  /** Undefined when no model endpoint is configured. */
  readonly model: EgressGuard | undefined;
  /** Reads a page through the reader service; undefined when none is configured. */
  readonly reader: ((url: string, init?: FetchInit) => Promise<EgressResponse>) | undefined;
  close(): Promise<void>;
}

const MODEL_WAIT_MS = 120_000;

export function openGuards(config: Config): Guards {
  const web = createEgressGuard({ allowAddresses: config.egressAllow });
  const model = config.modelBaseUrl === undefined ? undefined : openModelGuard(config, config.modelBaseUrl);
  const readerGuard = config.readerUrl === undefined ? undefined : openReaderGuard(config, config.readerUrl);
  return {
    web,
    model,
    reader: readerGuard === undefined ? undefined : readThrough(readerGuard, config),
    close: async () => void (await Promise.all([web.close(), model?.close(), readerGuard?.close()])),
  };
}

/** The operator's own endpoint may be a private address: this guard, and no other, is opened for it. */
function openModelGuard(config: Config, baseUrl: URL): EgressGuard {
  return createEgressGuard({
    allowAddresses: [...config.egressAllow, ...ownRange(baseUrl)],
    innerNames: [baseUrl.hostname],
    headersTimeoutMs: MODEL_WAIT_MS,
    bodyTimeoutMs: MODEL_WAIT_MS,
    timeoutMs: MODEL_WAIT_MS,
    maxRedirects: 0,
  });
}

function openReaderGuard(config: Config, origin: URL): EgressGuard {
  return createEgressGuard({
    profile: 'reader',
    allowAddresses: [...config.egressAllow, ...ownRange(origin)],
    innerNames: origin.hostname === 'localhost' ? ['localhost'] : [],
  });
}

function readThrough(guard: EgressGuard, config: Config): NonNullable<Guards['reader']> {
  const service = guard.reader({ origin: config.readerUrl?.href ?? '' });
  const key = config.readerApiKey;
  return (url, init = {}) => {
    const headers = { ...init.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
    return service.read(url, { ...init, headers });
  };
}

function ownRange(url: URL): string[] {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [`${host}/32:${port}`];
  if (host.includes(':')) return [`[${host}]/128:${port}`];
  return host === 'localhost' ? [`127.0.0.1/32:${port}`, `[::1]/128:${port}`] : [];
}

export function providerOptions(config: Config, guards: Guards): Parameters<typeof openModels>[0]['provider'] {
  const { modelBaseUrl: baseUrl, modelNames: names, modelApiKey: apiKey } = config;
  if (baseUrl === undefined || guards.model === undefined) return undefined;
  const price = { input: config.modelInputPrice, output: config.modelOutputPrice };
  return { baseUrl, apiKey, names, egress: guards.model, price };
}
