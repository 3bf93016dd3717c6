// Knows secrets by their own shape: private keys, JWTs, the prefixes of providers, user information and secret paths in URLs (RD6).

// Every quantifier is bounded, so the cost of one look is too.
const VENDOR =
  /sp_(?:live|test|op)_\w{8,200}|(?:sk|rk|pk)_(?:live|test|prod)_\w{8,200}|sk-[\w-]{16,300}|(?:whsec|mk|acct_sk|seti|pi|cs_(?:live|test))_[\w+/=]{8,200}_secret_\w{8,100}|whsec_[\w+/=]{8,200}|gh[pousr]_\w{16,255}|github_pat_\w{16,255}|gl(?:pat|rt|cbt|dt|ft|ptt|soat|agent|imt|oas)-[\w-]{16,100}|xox[abceoprs]-[\w-]{8,250}|xoxe\.xox[bp]-[\w-]{8,250}|xapp-[\w-]{8,250}|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|AIza[\w-]{30,60}|ya29\.[\w-]{16,400}|GOCSPX-[\w-]{16,60}|1\/\/0[\w-]{20,200}|npm_\w{30,60}|pypi-[\w-]{16,300}|SG\.[\w-]{16,40}\.[\w-]{16,80}|hf_\w{20,60}|do[opr]_v1_[0-9a-f]{40,80}|shp(?:at|ss|ca|pa)_[0-9a-fA-F]{20,60}|AGE-SECRET-KEY-1[A-Z0-9]{30,80}|(?:sq0(?:atp|csp|idp)-|EAAA)[\w-]{20,100}|EAA[A-Z][\w]{60,300}|key-[0-9a-f]{32}|(?:AC|SK)[0-9a-f]{32}|hv[sbr]\.[\w-]{20,300}|dapi[0-9a-f]{32}|NRAK-[A-Z0-9]{20,40}|NRJS-[0-9a-f]{16,40}|glsa_\w{20,60}|glc_[\w+/=]{20,300}|lin_(?:api|oauth)_\w{20,80}|ntn_\w{30,80}|secret_[A-Za-z0-9]{30,60}|figd_[\w-]{20,80}|fo[12]_[\w-]{20,80}|pscale_(?:tkn|pw|oauth)_[\w-]{20,80}|rubygems_[0-9a-f]{30,60}|sntry[su]_[\w+/=-]{20,300}|pat[A-Za-z0-9]{14}\.[0-9a-f]{40,80}|PMAK-[0-9a-f]{20,30}-[0-9a-f]{30,40}|dckr_(?:pat|oat)_[\w-]{20,60}|atlasv1\.[\w-]{40,100}|ATATT3[\w=-]{40,300}|ATBB\w{20,60}|ATCTT3[\w=-]{40,300}|r8_\w{30,60}|gsk_\w{30,80}|xai-\w{40,120}|pplx-\w{30,80}|co_\w{36,60}|re_\w{20,60}|rnd_\w{20,60}|sbp_[0-9a-f]{30,60}|sb_secret_[\w-]{16,60}|tskey-[\w-]{16,100}|EZ[AT]K\w{40,80}|pul-[0-9a-f]{30,60}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,100}|phc_\w{30,60}|phx_\w{30,60}|nfp_\w{30,60}|vercel_\w{20,60}|fly?m[12]_[\w+/=-]{20,400}|CFPAT-[\w-]{30,60}|shippo_(?:live|test)_\w{20,60}|xkeysib-[0-9a-f]{40,80}-\w{10,30}|live_\w{30,60}|test_\w{30,60}|ops_eyJ[\w-]{40,1000}|A3-[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){2,6}|jina_\w{30,80}|tvly-[\w-]{16,80}|fc-[0-9a-f]{32}|nvapi-[\w-]{30,100}|lsv2_(?:pt|sk)_\w{30,80}|AQ\.[\w-]{40,80}|sess-[\w-]{20,80}|PRIVATE-[\w-]{20,80}|[MNO][\w-]{23,27}\.[\w-]{6,7}\.[\w-]{27,40}|v2\.local\.[\w-]{20,2000}|v[1-4]\.(?:local|public)\.[\w-]{20,4000}/y;

const FIRST_PAIRS =
  'sp sk rk pk wh mk ac se pi cs gh gi gl xo xa AK AS AB AC AI ya GO 1/ np py SG hf do sh AG sq EA ke hv da NR li nt fi fo ps ru sn pa PM dc at AT r8 gs xa pp co re rn sb ts EZ pu dp ph nf ve fm fl CF xk li te op A3 ji tv fc nv ls AQ PR SK 1/ v1 v2 v3 v4';

const PAIRS = new Uint8Array(128 * 128);
for (const pair of FIRST_PAIRS.split(' ')) PAIRS[pair.charCodeAt(0) * 128 + pair.charCodeAt(1)] = 1;
for (const first of 'MNO') for (let second = 0; second < 128; second++) PAIRS[first.charCodeAt(0) * 128 + second] = 1;

const BEGIN = /(?<=-{4,5} ?)BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?[ -]{0,7}/y;
/** Private keys in DER begin with the same few bytes, and so with the same letters in base64. */
const DER =
  /^(?:MII[A-Za-z0-9+/]{2,4}(?:IBADAN|IBAAK)|MI(?:IC|IE|IJ)[A-Za-z0-9+/]{2}[AI](?:BAAK|BADA)|MHcCAQEE|MI(?:GH|GT|GkA)AgE|MIGkAgEB|MC4CAQAw|MFMCAQEx|b3BlbnNzaC1rZXktdjE)/;
// It ends where the next address begins, so that a run of addresses is read once.
const AUTHORITY = /(?:(?!:\/\/)[^\s"'`<>\\]){1,1024}/y;
const DATABASE =
  /^(?:postgres|mysql|maria|mongo|redis|amqp|mssql|sqlserver|oracle|jdbc|clickhouse|cassandra|nats|mqtt|ldap|smtp|ftp|sftp)/i;
const SECRET_PATH =
  /^(?:hooks\.slack\.com\/(?:services|workflows)\/|(?:\w{1,10}\.)?discord(?:app)?\.com\/api\/webhooks\/\d{1,24}\/|[\w.-]{1,60}\.webhook\.office\.com\/|outlook\.office\.com\/webhook\/|api\.telegram\.org\/(?:file\/)?bot|hooks\.zapier\.com\/hooks\/catch\/|maker\.ifttt\.com\/trigger\/\w{1,60}\/(?:with|json\/with)\/key\/|chat\.googleapis\.com\/v1\/spaces\/)/i;
const ONE_TIME =
  /\/(?:reset|reset-password|password-reset|verify|verify-email|confirm|invite|invitation|magic|magic-link|activate|unsubscribe|join|token|tokens)\/([\w.~-]{16,400})/i;

/** The end of a provider's token that begins at this offset, or 0. */
export function vendorEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  if (!(first < 128 && second < 128) || PAIRS[first * 128 + second] === 0) return 0;
  VENDOR.lastIndex = at;
  const found = VENDOR.exec(text)?.[0];
  return found === undefined ? 0 : at + found.length;
}

/** The end of a private key whose BEGIN stands at this offset: its END line, or the end of the text when it is cut off. */
export function privateKeyEnd(text: string, at: number): number {
  BEGIN.lastIndex = at;
  if (!BEGIN.test(text)) return 0;
  const end = text.indexOf('END ', at + 6);
  if (end === -1) return text.length;
  const tail = /(?:[A-Z0-9 ]{0,60}-{4,5})?/y;
  tail.lastIndex = end;
  tail.test(text);
  return tail.lastIndex > end ? tail.lastIndex : text.length;
}

export function isPrivateDer(text: string, start: number, end: number): boolean {
  const code = text.charCodeAt(start);
  return (code === 77 || code === 98) && end - start >= 40 && DER.test(text.slice(start, start + 24));
}

/** Adds the secret parts of the URL whose `://` stands at this offset: user information and paths that are themselves keys. */
export function maskUrl(text: string, at: number, edits: number[]): void {
  const from = at + 3;
  AUTHORITY.lastIndex = from;
  const rest = AUTHORITY.exec(text)?.[0] ?? '';
  const scheme = /[a-z][a-z0-9+.-]{0,20}$/i.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? '';
  const path = rest.search(/[/?#]/);
  const authority = path === -1 ? rest : rest.slice(0, path);
  let sign = authority.lastIndexOf('@');
  // A raw password may hold a slash or a hash itself; only in an address of a database is that worth a guess.
  if (sign === -1 && DATABASE.test(scheme)) sign = rest.split('?')[0]?.lastIndexOf('@') ?? -1;
  if (sign > 0) {
    const info = rest.slice(0, sign);
    if (info.includes(':') || info.length >= 16) {
      edits.push(from, from + sign);
      return;
    }
  }
  const secret = SECRET_PATH.exec(rest);
  const once = ONE_TIME.exec(rest);
  if (secret !== null) edits.push(from + secret[0].length, from + rest.length);
  else if (once !== null && /\d/.test(once[1] ?? '') && /[a-z]/i.test(once[1] ?? '')) {
    const start = from + once.index + once[0].length - (once[1] ?? '').length;
    edits.push(start, start + (once[1] ?? '').length);
  }
}
