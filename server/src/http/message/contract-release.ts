// Which release of the contracts a reader of events knows: what the call names, else what its key has pinned, else the oldest that is
// supported. Never the newest by itself: a program that names nothing is not to meet a new version one morning.
import { type ContractRelease, CURRENT_RELEASE, OLDEST_RELEASE } from '@sallyport/contracts';
import { fault } from '../../errors.ts';
import { demandRelease } from '../../events/events.ts';
import type { UserPrincipal } from '../../principal.ts';
import type { StreamMessage } from './event-streams.ts';

export const RELEASE_HEADER = 'contracts-version';
export const RELEASE_FAULT = 'unsupported_contracts_version';

/** For the specs of the routes that tell events. */
export const RELEASE_IN = {
  [RELEASE_HEADER]:
    'The dated release of the contracts that the reader knows, as `/v1/contracts` lists them; without it the one that the key has pinned.',
} as const;
export const RELEASE_OUT = {
  [RELEASE_HEADER]: 'The release that was taken.',
  deprecation: 'When that release was deprecated (RFC 9745); only if it was.',
  sunset: 'Until when it is supported at least (RFC 8594); only if it was deprecated.',
  link: 'What to do about it; only if it was deprecated.',
} as const;

interface Asking {
  readonly principal: UserPrincipal;
  readonly query: { readonly contracts_version?: string };
  header(name: string): string | undefined;
}

export interface Negotiated {
  readonly release: ContractRelease;
  readonly headers: Readonly<Record<string, string>>;
}

/** Throws `unsupported_contracts_version`, or `invalid_request` where header and parameter name two releases. */
export function negotiate({ principal, query, header }: Asking): Negotiated {
  const [said, beside] = [header(RELEASE_HEADER), query.contracts_version];
  if (said !== undefined && beside !== undefined && said !== beside)
    throw fault('invalid_request', {
      fields: [{ path: '/contracts_version', message: 'is another release than the header names' }],
    });
  const date = said ?? beside ?? principal.contracts ?? OLDEST_RELEASE;
  const path = said === undefined && beside !== undefined ? '/contracts_version' : 'Contracts-Version';
  const release = demandRelease(date, path);
  return { release, headers: headersOf(release) };
}

function headersOf({ date, deprecation }: ContractRelease): Record<string, string> {
  const headers = { [RELEASE_HEADER]: date, vary: 'Contracts-Version' };
  if (deprecation === undefined) return headers;
  return {
    ...headers,
    deprecation: `@${Math.floor(Date.parse(deprecation.at) / 1_000)}`,
    sunset: new Date(deprecation.sunset).toUTCString(),
    link: '</v1/contracts>; rel="deprecation"; type="application/json"',
  };
}

/** The first message of a stream for a reader of a release that was deprecated. */
export function* deprecationMessage({ date, deprecation }: ContractRelease): Generator<StreamMessage> {
  if (deprecation === undefined) return;
  const { at, sunset } = deprecation;
  const data = { release: date, successor: CURRENT_RELEASE, deprecated_at: at, sunset_at: sunset };
  yield { event: 'contract.deprecated', data };
}
