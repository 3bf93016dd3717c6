// Held out: shapes that no rule was written for. The figure is measured and bounded; a shape that fails teaches nothing here.
// When one of them does become a rule, it moves to the table and another takes its place.
import { createDraw, type Draw, drawJwt, drawKey, drawPassword, drawPem, HEX, WORD } from './draw.ts';
import type { Secret } from './secrets.ts';

type Shape = (secret: string, draw: Draw) => unknown;

const KEYS: Readonly<Record<string, readonly Shape[]>> = {
  'auth-header': [
    (s) => `[nginx] client sent "Authorization: Bearer ${s}" while reading request`,
    (s) => `{authorization,<<"Bearer ${s}">>}`,
    (s) => ({ metadata: { internalRepr: new Map([['authorization', [`Bearer ${s}`]]]) } }),
    (s) => `fetch(url, { headers: { Authorization: \`Bearer ${s}\` } })`,
    (s) => `> Proxy-Authorization: Basic ${s}\n> User-Agent: x`,
    (s) => `authorization header was: Bearer ${s}`,
  ],
  'key-header': [
    (s) => `req.setHeader("X-Auth-Key", "${s}")`,
    (s) => `headers: x-honeycomb-team-token=${s}, accept=*/*`,
    (s) => ({ 'X-Pm-Server-Token': s }),
    (s) => `-H "apikey:${s}"`,
    (s) => `Http header [X-Consul-Token] had value [${s}]`,
  ],
  'header-struct': [
    (s) => [{ Name: 'X-Api-Key', Value: s }],
    (s) => ({ rawHeaders: ['Accept', '*/*', 'Cookie', `a=${s}`, 'Host', 'x'] }),
    (s) => `[{"key":"Authorization","value":"Bearer ${s}","type":"text"}]`,
    (s) => ({ headers: { entries: [['Proxy-Authorization', s]] } }),
    (s) => ({ fields: ['id', 'api_token'], values: [7, s] }),
  ],
  command: [
    (s) => `npx tool --access-token "${s}" deploy`,
    (s) => `API_KEY=${s} node x.js`,
    (s) => `restic -r s3:x --password-command 'echo ${s}'`,
    (s) => ['bash', '-c', `TOKEN=${s} ./run.sh`],
    (s) => `$env:GH_TOKEN = '${s}'`,
    (s) => `http POST a.example X-Api-Key:${s}`,
  ],
  url: [
    (s) => `https://a.example/f?x=1&AWSAccessKeyId=A&Signature=${s}&Expires=1`,
    (s) => `href="https://a.example/?auth_token=${s}"`,
    (s) => `https://a.example/oauth/${'token'}?assertion=${s}`,
    (s) => `ws://127.0.0.1:9222/?token=${s}`,
    (s) => ({ location: `/login#token=${s}` }),
  ],
  cookie: [
    (s) => `document.cookie: auth_session=${s}`,
    (s) => `curl --cookie "sid=${s}" https://a.example`,
    (s) => ({ request: { cookies: [['session', s]] } }),
    (s) => `Set-Cookie: __Secure-next-auth.session-token=${s}; Path=/`,
    (s) => `"Cookie": "x=1; y=${s}"`,
  ],
  keyed: [
    (s) => `config.apiKey = '${s}'`,
    (s) => `client_secret ${s}`,
    (s) => `"token" : "${s}" ,`,
    (s) => ({ oauth: { clientSecret: { value: s } } }),
    (s) => `{:api-key "${s}"}`,
    (s) => `secret_key_base: ${s}`,
    (s) => `api_token=${s}\nuser=a`,
    (s) => `<ApiToken>${s}</ApiToken>`,
    (s) => `your one-time token: ${s} (valid 5 minutes)`,
    (s) => `email,apikey\n"a@b.example","${s}"`,
    (s) => `SENDGRID_KEY=${s}`,
  ],
  'json-in-json': [
    (s) => ({ body: `{\\"access_token\\":\\"${s}\\",\\"n\\":1}` }),
    (s) => `response={"id_token": "${s}", "scope": "x"}`,
    (s) => JSON.stringify({ lines: [`{"secret":"${s}"}`] }),
  ],
  error: [
    (s) =>
      Object.assign(new Error('x'), {
        response: { request: { _header: `GET / HTTP/1.1\r\nAuthorization: Bearer ${s}\r\n` } },
      }),
    (s) => new RangeError(`token "${s}" is malformed`),
    (s) => ({ exception: { values: [{ value: `bad api_key ${s}` }] } }),
  ],
};
const PASSWORDS: Readonly<Record<string, readonly Shape[]>> = {
  connection: [
    (s) => `mongodb://app:${s}@a.example:27017,b.example:27017/db?replicaSet=r`,
    (s) => `url=jdbc:postgresql://db/app;user=app;password=${s}`,
    (s) => `connect ftp://ann:${s}@files.example/ timed out`,
    (s) => ({ dsn: `sqlserver://sa:${s}@db:1433?database=x` }),
  ],
  keyed: [
    (s) => `password = "${s}" # change me`,
    (s) => `user ann changed password to ${s}`,
    (s) => `{user: 'ann', password: '${s}'}`,
    (s) => `db.password: '${s}'`,
    (s) => ({ form: { username: 'ann', password: s } }),
  ],
  command: [(s) => `mysqldump --user=root --password=${s} app`, (s) => `curl --user ann:${s} -O ftp://a.example/f`],
};

function shaped(draw: Draw): Secret[] {
  const lines = drawPem(draw);
  const jwt = drawJwt(draw);
  const signature = jwt.slice(jwt.lastIndexOf('.') + 1);
  const key = draw.text(WORD, 40);
  const plain = drawKey(draw);
  const one = Buffer.from(`{"refresh_token":"${plain}"}`).toString('base64url');
  const two = Buffer.from(`Authorization: Basic ${plain}`).toString('hex');
  const values: readonly (readonly [string, string, unknown])[] = [
    ['encoded', one, `cursor=${one}`],
    ['encoded', two, `frame ${two} end`],
    ['encoded', plain, `body=%7B%22token%22%3A%22${plain}%22%7D&x=1`],
    ['encoded', plain, `&#x70;assword: ${plain}`],
    ['encoded', plain, `\u001b[1mapi_key\u001b[0m: \u001b[33m${plain}\u001b[0m`],
    [
      'private-key',
      lines[1] ?? '',
      `ssh: -----BEGIN OPENSSH PRIVATE KEY-----\r\n${lines.join('\r\n')}\r\n-----END OPENSSH PRIVATE KEY-----`,
    ],
    ['private-key', lines[2] ?? '', new Error(`bad pem -----BEGIN PRIVATE KEY-----\n${lines.join('\n')}`)],
    ['private-key', plain, { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', d: plain }] }],
    ['jwt', signature, `cookie jar has ${jwt}.`],
    ['jwt', signature, `{"t":"${jwt}"}`],
    ['jwt', signature, `https://a.example/x/${jwt}/y`],
    ['provider-key', key, `pushed with gho_${key}, done`],
    ['provider-key', key, { env: `STRIPE=rk_live_${key}` }],
    ['provider-key', key, `xoxb-${draw.text(HEX, 11)}-${key}`],
  ];
  return values.map(([kind, secret, value]) => ({ kind, secret, value }));
}

export function drawUnseen(seed: number, turns = 3): Secret[] {
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
    secrets.push(...shaped(draw));
  }
  return secrets;
}

const HARMLESS: readonly ((draw: Draw) => unknown)[] = [
  () => 'No token was sent, so the request is anonymous.',
  (draw) => ({ level: 'info', msg: 'lease renewed', epoch: draw.below(99), worker: `w-${draw.text(HEX, 6)}` }),
  () => 'The api key of the tenant expires on 2026-05-01.',
  (draw) => `GET /v1/api-keys/key_${draw.text(WORD, 22)}/rotate 200`,
  () => 'type Token = { kind: "word" | "number"; text: string }',
  (draw) => ({ digest: `sha256-${draw.text(HEX, 64)}`, size: draw.below(9999) }),
  () => 'passwords are hashed with scrypt, cookies are HttpOnly',
  () => ({ rule: 'no-secrets', severity: 'error', fixable: false }),
  (draw) => `merge ${draw.text(HEX, 40)} into main: rename token-bucket to bucket`,
  () => 'Access denied: this action needs the scope tokens:write.',
  (draw) => `max_tokens=${draw.below(4096)} temperature=0.2 model=rehearsal`,
  () => ({ auth_method: 'password', mfa: true, session_count: 2 }),
  () => 'key=value pairs; keys: a, b, c',
  (draw) => `eta ${draw.below(60)}m, 12 of 40 pages, host=a${draw.below(9)}.example:443`,
  () => 'see https://a.example/settings/tokens/new for a new one',
  () => 'User bearer-of-news signed in with basic rights',
];

export function drawHarmlessUnseen(seed: number, turns = 7): unknown[] {
  const draw = createDraw(seed);
  return Array.from({ length: turns }, () => HARMLESS.map((shape) => shape(draw))).flat();
}
