// The ways out of a deployment: one guard for agents, one for the operator's own model endpoint, one for a reader service.
// Each is opened for what it is for and for nothing else: a private model endpoint is no page that an agent may read.
import { createEgressGuard, type EgressGuard, type EgressStats } from '@sallyport/egress';
import type { openModels } from '../agent/agent.ts';
import type { Config } from '../config.ts';
import { type EgressLists, type EgressWays, parseLists } from '../egress/egress.ts';
import type { Traces } from '../traces/traces.ts';

export interface Guards {
  readonly web: EgressGuard;
  /** Undefined when no model endpoint is configured. */
  readonly model: EgressGuard | undefined;
  /** Reads a page through the reader service; undefined when none is configured. */
  readonly reader: EgressWays['reader'];
  /** Undefined when no traces are sent. */
  readonly collector: EgressGuard | undefined;
  /** What passed and what was refused, guard by guard. */
  stats(): Readonly<Record<string, EgressStats>>;
  close(): Promise<void>;
}

const MODEL_WAIT_MS = 120_000;

export function openGuards(config: Config): Guards {
  const web = createEgressGuard({ allowAddresses: config.egressAllow });
  const model = config.modelBaseUrl === undefined ? undefined : openModelGuard(config, config.modelBaseUrl);
  const collector = config.tracesUrl === undefined ? undefined : openOwnGuard(config.tracesUrl);
  const readerGuard = config.readerUrl === undefined ? undefined : openReaderGuard(config, config.readerUrl);
  return {
    web,
    model,
    collector,
    reader:
      readerGuard === undefined || config.readerUrl === undefined
        ? undefined
        : readThrough(readerGuard, config.readerUrl, config.readerApiKey),
    stats: () =>
      Object.fromEntries(
        Object.entries({ web, model, collector, reader: readerGuard }).flatMap(([name, guard]) =>
          guard === undefined ? [] : [[name, guard.stats()]],
        ),
      ),
    close: async () =>
      void (await Promise.all([web.close(), model?.close(), collector?.close(), readerGuard?.close()])),
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

/** For one endpoint of the operator's own, wherever it is. */
function openOwnGuard(url: URL): EgressGuard {
  return createEgressGuard({ allowAddresses: ownRange(url), innerNames: [url.hostname], maxRedirects: 0 });
}

function openReaderGuard(config: Config, origin: URL): EgressGuard {
  return createEgressGuard({
    profile: 'reader',
    allowAddresses: [...config.egressAllow, ...ownRange(origin)],
    innerNames: origin.hostname === 'localhost' ? ['localhost'] : [],
  });
}

/** The tenant's key when there is one, else the deployment's; to the origin of the service alone, which follows no redirect. */
function readThrough(guard: EgressGuard, origin: URL, ownKey: string | undefined): NonNullable<Guards['reader']> {
  const service = guard.reader({ origin: origin.href });
  return {
    place: { host: hostOf(origin), port: Number(portOf(origin)) },
    read: (url, init = {}, key = ownKey) => {
      const headers = { ...init.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
      return service.read(url, { ...init, headers });
    },
  };
}

/** The operator's lists, which hold for every tenant. */
export function deploymentLists(config: Config): EgressLists & { readonly parsed: EgressWays['deployment'] } {
  const lists = { profile: config.egressProfile, allow: config.egressAllowHosts, deny: config.egressDenyHosts };
  return { ...lists, parsed: parseLists(lists) };
}

/** What the API says of a URL, by the guard of the agents. */
export function egressAdvice(
  config: Config,
  guard: EgressGuard,
): Pick<EgressWays, 'guard' | 'deployment'> & { readonly lists: EgressLists } {
  const { parsed: deployment, ...lists } = deploymentLists(config);
  return { guard, deployment, lists };
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');
const portOf = (url: URL): string => (url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port);

function ownRange(url: URL): string[] {
  const host = hostOf(url);
  const port = portOf(url);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [`${host}/32:${port}`];
  if (host.includes(':')) return [`[${host}]/128:${port}`];
  return host === 'localhost' ? [`127.0.0.1/32:${port}`, `[::1]/128:${port}`] : [];
}

export function providerOptions(
  config: Config,
  guards: Guards,
  traces: Pick<Traces, 'traceparent'> | undefined,
): Parameters<typeof openModels>[0]['provider'] {
  const { modelBaseUrl: baseUrl, modelNames: names, modelApiKey: apiKey } = config;
  if (baseUrl === undefined || guards.model === undefined) return undefined;
  const price = { input: config.modelInputPrice, output: config.modelOutputPrice };
  return { baseUrl, apiKey, names, egress: guards.model, price, traceparent: () => traces?.traceparent() };
}
