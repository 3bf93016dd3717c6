// Owns the settings of access: whose tokens let people in, and how many calls in how many seconds each of those who call may make.
// Promises a limit for every caller: there is no word that turns one off, only a number that is large enough.
// Must never be read anywhere but in the table of settings.

/** `600/60`: 600 in 60 seconds. */
function rate(text: string): { readonly count: number; readonly seconds: number } | undefined {
  const match = /^([1-9]\d{0,7})\/([1-9]\d{0,4})$/.exec(text);
  return match === null ? undefined : { count: Number(match[1]), seconds: Number(match[2]) };
}

const RATE = 'calls and seconds as COUNT/SECONDS';

export const ACCESS_SETTINGS = {
  jwtIssuers: {
    env: 'SALLYPORT_JWT_ISSUERS',
    flag: 'jwt-issuers',
    about:
      'Whose tokens let people in: a JSON list, or a file that holds one, of issuer, audience, algorithms and jwks_url or key_set_file.',
    expected: 'a path, or a JSON list in place',
    example: '/etc/sallyport/issuers.json',
    parse: (text: string) => (text !== '' && !text.includes('\0') ? text : undefined),
  },
  rateKey: {
    env: 'SALLYPORT_RATE_KEY',
    flag: 'rate-key',
    about: 'Calls of one API key, session or token.',
    expected: RATE,
    example: '1200/60',
    fallback: '1200/60',
    parse: rate,
  },
  rateUser: {
    env: 'SALLYPORT_RATE_USER',
    flag: 'rate-user',
    about: 'Calls of one user by all keys.',
    expected: RATE,
    example: '2400/60',
    fallback: '2400/60',
    parse: rate,
  },
  rateTenant: {
    env: 'SALLYPORT_RATE_TENANT',
    flag: 'rate-tenant',
    about: 'Calls of all users of one tenant.',
    expected: RATE,
    example: '12000/60',
    fallback: '12000/60',
    parse: rate,
  },
  rateAddress: {
    env: 'SALLYPORT_RATE_ADDRESS',
    flag: 'rate-address',
    about: 'Calls from one address, or one /64 of IPv6, whoever calls.',
    expected: RATE,
    example: '12000/60',
    fallback: '12000/60',
    parse: rate,
  },
  rateFailures: {
    env: 'SALLYPORT_RATE_FAILURES',
    flag: 'rate-failures',
    about: 'Credentials that one address may send in vain before it is refused unread for a while.',
    expected: RATE,
    example: '60/60',
    fallback: '60/60',
    parse: rate,
  },
} as const;
