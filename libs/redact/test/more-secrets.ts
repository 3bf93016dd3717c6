// The second half of the table: shapes that were first held out, and that taught the rules what they missed.
import { createDraw, DIGITS, type Draw, drawJwt, drawKey, drawPassword, drawPem, HEX, LOWER, WORD } from './draw.ts';
import type { Secret } from './secrets.ts';

type Shape = (secret: string, draw: Draw) => unknown;

const KEYS: Readonly<Record<string, readonly Shape[]>> = {
  'auth-header': [
    (s) => `2026-01-01T00:00:00Z DEBUG http: sent header Authorization=Bearer ${s} to upstream`,
    (s) => `-H authorization:bearer\\ ${s}`,
    (s) => ({ config: { defaults: { headers: { common: { Authorization: `Bearer ${s}` } } } } }),
    (s) => `Authorization:\tBearer ${s}`,
    (s) => `{Authorization: [\n  'Bearer ${s}'\n]}`,
    (s) => `auth: Bearer ${s}`,
    (s) => `HTTP_AUTHORIZATION="Bearer ${s}"`,
    (s) => `"authorization" => ["Bearer ${s}"],`,
  ],
  'key-header': [
    (s) => `x-api-key = ${s}`,
    (s) => `'X-Shopify-Access-Token': '${s}',`,
    (s) => `proxy_set_header X-Auth-Key "${s}";`,
    (s) => ({ 'x-rapidapi-key': s }),
    (s) => `--header=X-Gitlab-Token:${s}`,
    (s) => `Header{name=X-Api-Key, value=${s}}`,
  ],
  'header-struct': [
    (s) => ({ headers: [{ k: 'x-api-key', v: s }] }),
    (s) => ({ rawTrailers: ['X-Auth-Token', s] }),
    (s) => `<header name="Authorization" value="Bearer ${s}"/>`,
    (s) => JSON.stringify({ request: { headers: [{ name: 'Authorization', value: `Bearer ${s}` }] } }),
    (s) => ({
      h: [
        ['x-auth-token', s],
        ['accept', 'text/html'],
      ],
    }),
    (s) => ({ request: { header: [{ key: 'Cookie', value: `sid=${s}`, type: 'text' }] } }),
  ],
  command: [
    (s) => `aws configure set aws_secret_access_key ${s}`,
    (s) => `vault login token=${s}`,
    (s) => `gh secret set NPM_TOKEN --body ${s}`,
    (s) => `heroku config:set STRIPE_SECRET=${s} -a app`,
    (s) => ['node', 'x.js', `--auth-token=${s}`],
    (s) => `wget --header="X-Api-Key: ${s}" https://a.example/f`,
    (s) => `npm config set //registry.example/:_authToken ${s}`,
    (s) => `echo ${s} | docker login --password-stdin`,
  ],
  url: [
    (s) => `redirecting to https://a.example/oauth?client_id=x&client_secret=${s}`,
    (s) => `https://a.example/sso?SAMLResponse=${s}`,
    (s) => `wss://a.example/live?auth=${s}`,
    (s) => `https://a.example/d;jsessionid=${s}?x=1`,
    (s) => `https://discord.com/api/webhooks/123456789012345678/${s}`,
    (s) => `https://a.example/invite/${s}`,
    (s) => ({ url: `/v1/artifacts/a/content?expires=1&signature=${s}` }),
  ],
  cookie: [
    (s) => `cookie: __Host-session=${s}`,
    (s) => ({ headers: { cookie: `a=b; token=${s}` } }),
    (s) => `set-cookie: auth=${s}; Secure; SameSite=Lax\r\n`,
    (s) => `[cookies] { session: '${s}' }`,
    (s) => ({ jar: { cookies: [{ name: 'sid', value: s }] } }),
    (s) => `res.cookie('session', '${s}')`,
  ],
  keyed: [
    (s) => `[database]\nuser = app\npassword = ${s}\n`,
    (s) => `client-secret\t${s}`,
    (s) => `--set auth.rootPassword=${s}`,
    (s) => `"SecretAccessKey": "${s}",\n"SessionToken": "${s}"`,
    (s) => `<entry key="db.password">${s}</entry>`,
    (s) => ({ connection: { user: 'a', pass: s } }),
    (s) => `password="${s}" user="ann"`,
    (s) => `ENV NPM_TOKEN ${s}`,
    (s) => ({ data: { secret: { nested: [{ deep: s }] } } }),
    (s) => `Your new API key is ${s}. Keep it safe.`,
    (s) => `id;token;plan\n1;${s};free`,
    (s) => `token ${s} has expired`,
    (s) => `variable "db_password" { default = "${s}" }`,
  ],
  'json-in-json': [
    (s) => ({ log: JSON.stringify({ msg: JSON.stringify({ authorization: `Bearer ${s}` }) }) }),
    (s) => `{"a":{"b":[{"client_secret":"${s}"`,
    (s) => `payload='{"access_token":"${s}","expires_in":3600}'`,
    (s) => JSON.stringify(JSON.stringify({ api_key: s })),
  ],
  error: [
    (s) => Object.assign(new Error('x'), { response: { config: { url: `https://a.example/?key=${s}` } } }),
    (s) => Object.assign(new Error('x'), { meta: { body: `grant_type=x&refresh_token=${s}` } }),
    (s) => new TypeError(`Invalid header value "Bearer ${s}"`),
    (s) => ({ err: { message: `Incorrect API key provided: ${s}.` } }),
    (s) => new Error('outer', { cause: [{ headers: { 'x-api-key': s } }] }),
  ],
};
const PASSWORDS: Readonly<Record<string, readonly Shape[]>> = {
  connection: [
    (s) => `mssql://sa:${s}@db.example:1433/app?encrypt=true`,
    (s) => `Data Source=db;User Id=app;Password="${s}";`,
    (s) => ({ db: `mysql://app:${s}@10.0.0.1/app` }),
    (s) => `dial error: postgresql://app:${s}@[::1]:5432/app: refused`,
    (s) => `ldap://cn=admin:${s}@dir.example`,
    (s) => `user=app password='${s}' host=/tmp`,
    (s) => `clickhouse://default:${s}@ch.example:9000`,
  ],
  keyed: [
    (s) => `MYSQL_ROOT_PASSWORD: ${s}`,
    (s) => `login with user ann and password ${s} failed`,
    (s) => ({ user: 'ann', credentials: { password: s } }),
    (s) => `spring.datasource.password=${s}`,
    (s) => `pwd=${s};`,
    (s) => `<input type="password" name="pw" value="${s}">`,
  ],
  command: [
    (s) => `zip -P ${s} out.zip in`,
    (s) => `smbclient //srv/share -U ann%${s}`,
    (s) => `mongosh --username a --password ${s}`,
    (s) => `htpasswd -bc file ann ${s}`,
  ],
};

function encoded(draw: Draw): Secret[] {
  const blob = (text: string, form: BufferEncoding): string => Buffer.from(text).toString(form);
  const one = blob(`{"client_secret":"${drawKey(draw)}"}`, 'base64');
  const two = blob(`Bearer ${drawKey(draw)}`, 'hex');
  const three = blob(JSON.stringify({ headers: { authorization: `Bearer ${drawKey(draw)}` } }), 'base64url');
  const four = drawKey(draw);
  const five = drawPassword(draw);
  const six = blob(`https://ann:${drawPassword(draw)}@a.example/x`, 'base64');
  const values: readonly (readonly [string, unknown])[] = [
    [one, { payload: one }],
    [two, `0x${two}`],
    [three, `/v1/state/${three}`],
    [four, `%7B%22api_key%22%3A%22${four}%22%7D`],
    [five, `&lt;password&gt;${five}&lt;/password&gt;`],
    [six, `data:text/plain;base64,${six}`],
    [four, `\\x61pi_key=${four}`],
  ];
  return values.map(([secret, value]) => ({ kind: 'encoded', secret, value }));
}

function shaped(draw: Draw): Secret[] {
  const lines = drawPem(draw);
  const jwt = drawJwt(draw);
  const signature = jwt.slice(jwt.lastIndexOf('.') + 1);
  const pem = (mark: string): string =>
    `-----BEGIN EC PRIVATE KEY-----${mark}${lines.join(mark)}${mark}-----END EC PRIVATE KEY-----`;
  const key = draw.text(WORD, 40);
  const values: readonly (readonly [string, string, unknown])[] = [
    ['private-key', lines[2] ?? '', { tls: [{ pem: pem('\n') }] }],
    ['private-key', lines[1] ?? '', `TLS_KEY="${pem('\\n')}"`],
    ['private-key', lines[3] ?? '', `log: ${pem(' ')}`],
    ['private-key', lines[0] ?? '', `Proc-Type: 4,ENCRYPTED\n${pem('\r\n')}`],
    ['jwt', signature, `token rejected (${jwt})`],
    ['jwt', signature, { args: [jwt, 1] }],
    ['jwt', signature, `?redirect=/#id_token=${jwt}&x=1`],
    ['jwt', signature, `jwt:${jwt},`],
    ['provider-key', key, `slack xoxp-${draw.text(DIGITS, 12)}-${draw.text(DIGITS, 12)}-${key}`],
    ['provider-key', key, `using ghu_${key}`],
    ['provider-key', key, { line: `sk-proj-${key}` }],
    ['provider-key', key, `gsk_${key}`],
    ['provider-key', key, `github_pat_${draw.text(WORD, 22)}_${key}`],
  ];
  return values.map(([kind, secret, value]) => ({ kind, secret, value }));
}

export function drawMoreSecrets(seed: number, turns = 3): Secret[] {
  const draw = createDraw(seed);
  const secrets: Secret[] = [];
  for (let turn = 0; turn < turns; turn++) {
    for (const [table, make] of [[KEYS, drawKey] as const, [PASSWORDS, drawPassword] as const]) {
      for (const [kind, shapes] of Object.entries(table)) {
        for (const shape of shapes) {
          const secret = make(draw);
          secrets.push({ kind, secret, value: shape(secret, draw) });
        }
      }
    }
    secrets.push(...encoded(draw), ...shaped(draw));
  }
  return secrets;
}

const HARMLESS: readonly ((draw: Draw) => unknown)[] = [
  (draw) =>
    `GET /v1/runs/${draw.text(HEX, 8)}-${draw.text(HEX, 4)}-4${draw.text(HEX, 3)}-8${draw.text(HEX, 3)}-${draw.text(HEX, 12)} 200 12ms`,
  (draw) => ({ etag: `W/"${draw.text(HEX, 40)}"`, 'content-type': 'text/html', 'cache-control': 'no-store' }),
  () => 'Please reset your password using the link in the mail.',
  () => 'token bucket refilled: 40 of 100 left',
  () => 'The private key was rotated yesterday; see the key policy.',
  (draw) => `pnpm-lock integrity sha512-${draw.text(HEX, 16)} for left-pad@1.${draw.below(9)}.0`,
  (draw) => ({
    model: 'gpt-x',
    usage: { input_tokens: draw.below(999), output_tokens: draw.below(999) },
    stop: 'end_turn',
  }),
  () => 'Cookie consent accepted, session resumed after 3 minutes',
  (draw) => ({ api_key_prefix: 'sp_live', key_id: `key_${draw.text(WORD, 22)}`, secret_version: 3 }),
  () => 'SELECT id, token_count FROM usage WHERE tenant_id = $1',
  () => 'export PATH=$HOME/bin:$PATH && make -j4 test',
  (draw) => `worker-${draw.below(9)} claimed run epoch=${draw.below(99)} lease=15s`,
  () => '{"error":"invalid_grant","error_description":"The authorization code has expired"}',
  () => ({ scopes: ['runs:read', 'tokens:write', 'secrets:read'] }),
  () => 'Missing required field: password',
  () => 'interface Login { username: string; password: string; otp?: string }',
  (draw) => `s3://bucket/key/${draw.text(LOWER, 8)}/part-${draw.below(999)}.parquet`,
  (draw) => `block 0x${draw.text(HEX, 64)} mined`,
  () => 'Basic plan, digest emails weekly, token gesture',
  () => 'https://docs.example/guides/authentication#api-keys',
  (draw) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${draw.text(WORD, 43)} ann@host`,
  () => ({ passed: 10, bypass: 'none', compass: 'north', secretary: 'Bob' }),
  () => 'auth=oauth2 provider=google status=ok',
  () => 'Die Sitzung ist abgelaufen. Bitte das Passwort erneut eingeben.',
];

export function drawMoreHarmless(seed: number, turns = 4): unknown[] {
  const draw = createDraw(seed);
  return Array.from({ length: turns }, () => HARMLESS.map((shape) => shape(draw))).flat();
}
