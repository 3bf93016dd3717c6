// Owns the stable codes of security events (ASVS 16.3): field `security` of a line of the log, and what each says.
// Promises that a code keeps its meaning: alarms are built on them, and the reference is made from this table.
// Must never say more of a caller than its line does.

export const SECURITY_EVENTS = {
  'authn.passed': 'A credential was accepted. `by` says of which kind: key, session, token or operator.',
  'authn.failed': 'A credential was refused, or more than one was sent. `by` says of which kind it was, `reason` why.',
  'authn.signed_in': 'A session was opened for a browser, by a link or by a key.',
  'authn.signed_out': 'A session was ended.',
  'authz.refused': 'The credential is good and does not allow this call. `detail` says what it lacks.',
  'limit.met': 'A limit of calls was met. `detail` says whose: of an address, a key, a user, a tenant or of failures.',
  'input.refused': 'A request was not well formed, too large, or of a type that is not taken.',
  'host.refused': 'The request was for a host name that is not ours: DNS rebinding, or a wrong address.',
  'credential.exposed': 'A credential was sent in a URL; a genuine key is stopped by it.',
  'signature.refused': 'An event of the payment provider, or a signed link, does not bear the right signature or mode.',
  'key.created': 'An API key or a sign-in link was made.',
  'key.rotated': 'An API key got a successor.',
  'key.revoked': 'An API key was stopped.',
  'secret.changed': 'A credential of tools was written or deleted.',
  'egress.blocked':
    'An outgoing call was blocked. `code` and `reason` say by which rule, `host` and `port` where it was to go.',
  'tool.refused': 'The gateway refused a call of a tool. `reason` says by which rule.',
  'process.crashed': 'An error that nobody caught ended the process.',
  'process.debugger_refused': 'The signal that opens a debugger was sent to the process.',
} as const satisfies Readonly<Record<string, string>>;

export type SecurityCode = keyof typeof SECURITY_EVENTS;
