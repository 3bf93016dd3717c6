// The token issuers of the settings, and the one guard through which their keys are fetched: https to their own hosts, no redirect, small
// and soon (JW4).
import { createEgressGuard } from '@sallyport/egress';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config.ts';
import { createTokenIssuers, readIssuers, type TokenIssuers } from '../../identity/identity.ts';
import type { RateSettings } from '../../limits/limits.ts';
import type { Log } from '../../log.ts';
import type { Begun } from '../place/begun.ts';

const MOST_KEY_SET_BYTES = 256 * 1024;
const KEY_SET_MS = 5_000;

export interface OpenIssuers {
  readonly issuers: TokenIssuers;
  close(): Promise<void>;
}

/** Who may call, and how often: the settings of access, opened. */
export function openAccess(
  config: Config,
  log: Log,
  begun: Begun,
): { readonly issuers: TokenIssuers; readonly rates: RateSettings } {
  const { rateKey: key, rateUser: user, rateTenant: tenant, rateAddress: address, rateFailures: failures } = config;
  const { issuers, close } = openTokenIssuers({ setting: config.jwtIssuers, egressAllow: config.egressAllow, log });
  begun.add(close);
  return { issuers, rates: { key, user, tenant, address, failures } };
}

export interface IssuerGround {
  readonly setting: string | undefined;
  /** The operator's own ranges: an issuer may live in one. */
  readonly egressAllow: readonly string[];
  readonly log: Log;
  /** For issuers behind an authority of one's own; the platform's stand beside them. */
  readonly certificateAuthorities?: readonly string[];
}

/** Throws `configuration` for a setting that cannot be read. */
export function openTokenIssuers({ setting, egressAllow, log, certificateAuthorities }: IssuerGround): OpenIssuers {
  const settings = readIssuers(setting);
  const hosts = [...new Set(settings.flatMap(({ keys }) => ('url' in keys ? [keys.url.hostname] : [])))];
  const onFault = (issuer: string, error: unknown): void =>
    log.warn('issuer.keys', { name: issuer, detail: String(error) });
  const monotonic = systemClock.monotonic;
  if (hosts.length === 0) {
    const read = (): never => {
      throw new TypeError('no issuer has a key set to fetch');
    };
    return {
      issuers: createTokenIssuers(settings, { read: async () => read(), monotonic, onFault }),
      close: async () => undefined,
    };
  }
  const guard = createEgressGuard({
    allowAddresses: egressAllow,
    allowHosts: hosts,
    innerNames: hosts.filter((host) => !/^[\d.]+$|^\[/.test(host)),
    schemes: ['https'],
    maxRedirects: 0,
    maxBytes: MOST_KEY_SET_BYTES,
    timeoutMs: KEY_SET_MS,
    headersTimeoutMs: KEY_SET_MS,
    bodyTimeoutMs: KEY_SET_MS,
    ...(certificateAuthorities === undefined ? {} : { certificateAuthorities }),
  });
  const read = async (url: string): Promise<{ readonly status: number; readonly body: Uint8Array }> =>
    guard.read(url, { redirect: 'error', headers: { accept: 'application/json' }, timeoutMs: KEY_SET_MS });
  return { issuers: createTokenIssuers(settings, { read, monotonic, onFault }), close: () => guard.close() };
}
