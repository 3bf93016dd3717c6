// Rules on host names. Labels are compared whole: `localhost.example.com` is no localhost (R6).

/** Names of inner networks, refused before DNS is asked, whatever they would resolve to. */
const INNER_SUFFIXES = ['localhost', 'localdomain', 'local', 'internal', 'home.arpa', 'lan', 'onion'];

/** The rule that refuses a name, or undefined. The name is in lower case and without a trailing dot. */
export function innerName(host: string): string | undefined {
  const suffix = INNER_SUFFIXES.find((inner) => host === inner || host.endsWith(`.${inner}`));
  if (suffix !== undefined) return suffix;
  return host.includes('.') ? undefined : 'single label';
}

/** Labels of 1 to 63 characters, 253 in all. Underscores are real in names, hyphens at the ends of a label are not. */
export function isHostName(host: string): boolean {
  return (
    host !== '' &&
    host.length <= 253 &&
    host.split('.').every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
  );
}

export interface HostPattern {
  readonly name: string;
  /** `*.name`: any name below it, at any depth, and not the name itself. */
  readonly below: boolean;
}

/** Throws TypeError when the text is neither a name, an address nor `*.name`. Unicode names become Punycode. */
export function parseHostPattern(text: string): HostPattern {
  const below = text.startsWith('*.');
  const plain = below ? text.slice(2) : text;
  const bracketed = !below && plain.includes(':') ? `[${plain.replace(/^\[|\]$/g, '')}]` : plain;
  const host = /[/?#@\\*\s%]/.test(bracketed) ? undefined : URL.parse(`http://${bracketed}/`)?.hostname;
  const name = host?.replace(/\.$/, '').replace(/^\[|\]$/g, '');
  if (name === undefined || name === '' || (!host?.startsWith('[') && !isHostName(name)))
    throw new TypeError(`not a host name or *.name: ${text.slice(0, 80)}`);
  return { name, below };
}

/** A host pattern with an optional port: `*.example.com`, `api.example.com:8443`, `[2001:db8::1]:443`. Without a port it means all ports. */
export interface HostRule {
  readonly pattern: HostPattern;
  readonly port: number | undefined;
}

/** Throws TypeError when the text is no host pattern with an optional port. */
export function parseHostRule(text: string): HostRule {
  const match = /^(\[[^\]]*\]|[^:]+)(?::(\d{1,5}))?$/.exec(text);
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  if (match?.[1] === undefined || (port !== undefined && (port < 1 || port > 65_535)))
    throw new TypeError(`not a host with an optional port: ${text.slice(0, 80)}`);
  return { pattern: parseHostPattern(match[1]), port };
}

/** The first rule that names this host and port; `host` as in `Place`. */
export function findHostRule<R extends HostRule>(rules: readonly R[], host: string, port: number): R | undefined {
  return rules.find((rule) => (rule.port === undefined || rule.port === port) && matchesHost([rule.pattern], host));
}

export function matchesHost(patterns: readonly HostPattern[], host: string): boolean {
  return patterns.some(({ name, below }) => (below ? host.endsWith(`.${name}`) : host === name));
}
