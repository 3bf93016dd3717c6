// The table of secrets: shapes by kind, each filled with values drawn afresh (RD2, RD4).
import {
  createDraw,
  DIGITS,
  type Draw,
  drawJwt,
  drawKey,
  drawPassword,
  drawPem,
  HEX,
  LOWER,
  UPPER,
  WORD,
} from './draw.ts';

export interface Secret {
  readonly kind: string;
  /** What must not be seen in the output. */
  readonly secret: string;
  readonly value: unknown;
}

type Shape = (draw: Draw) => readonly [secret: string, value: unknown];
const of =
  (make: (draw: Draw) => string, show: (secret: string, draw: Draw) => unknown): Shape =>
  (draw) => {
    const secret = make(draw);
    return [secret, show(secret, draw)];
  };
const key = (show: (secret: string, draw: Draw) => unknown): Shape => of(drawKey, show);
const pass = (show: (secret: string, draw: Draw) => unknown): Shape => of(drawPassword, show);
const jwt =
  (show: (secret: string) => unknown): Shape =>
  (draw) => {
    const token = drawJwt(draw);
    return [token.slice(token.lastIndexOf('.') + 1), show(token)];
  };
const b64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const HEADERS = [
  'X-Api-Key',
  'Api-Key',
  'X-Auth-Token',
  'X-Goog-Api-Key',
  'Ocp-Apim-Subscription-Key',
  'X-Vault-Token',
  'PRIVATE-TOKEN',
  'X-Functions-Key',
  'X-CSRF-Token',
  'X-Amz-Security-Token',
  'X-Client-Secret',
  'apikey',
];
const NAMES = [
  'password',
  'passwd',
  'client_secret',
  'apiKey',
  'api_key',
  'accessToken',
  'refresh-token',
  'DB_PASSWORD',
  'secretKey',
  'auth.token',
  'privateKey',
  'SMTP_PASS',
  'webhookSecret',
  'encryption_key',
  'passphrase',
  'signing-secret',
];

const SHAPES: Readonly<Record<string, readonly Shape[]>> = {
  'auth-header': [
    key((s) => `Authorization: Bearer ${s}`),
    key((s) => `curl -H "Authorization: Basic ${s}=" https://a.example`),
    key((s) => ({ authorization: `Bearer ${s}` })),
    key((s) => `> authorization: token ${s}`),
    key((s) => `Proxy-Authorization: Basic ${s}`),
    key((s) => `{'Authorization': 'Bearer ${s}'}`),
    key((s) => `map[Accept:[*/*] Authorization:[Bearer ${s}]]`),
    key((s) => `{"Authorization"=>"Token token=${s}"}`),
    key((s) => `headers.set('Authorization', 'ApiKey ${s}');`),
    key((s) => `upstream refused Bearer ${s}, giving up`),
    key((s) => `Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/eu/s3, Signature=${s}`),
    key((s) => `Authorization: Digest username="a", realm="b", response="${s}"`),
    key((s) => ({ req: { headers: { Authorization: [`Bearer ${s}`] } } })),
    key((s) => `[Authorization] => Bearer ${s}`),
  ],
  'key-header': [
    key((s, draw) => `${draw.of(HEADERS)}: ${s}`),
    key((s, draw) => ({ headers: { [draw.of(HEADERS)]: s } })),
    key((s, draw) => `GET / HTTP/1.1\r\nHost: a.example\r\n${draw.of(HEADERS)}: ${s}\r\nAccept: */*\r\n`),
    key((s, draw) => `curl -H '${draw.of(HEADERS)}: ${s}' https://a.example/v1`),
    key((s, draw) => `request headers {${draw.of(HEADERS)}=${s}, Host=a.example}`),
    key((s, draw) => `("${draw.of(HEADERS).toLowerCase()}", "${s}")`),
    key((s) => `Stripe-Signature: t=1790000000,v1=${s}`),
    key((s, draw) => ({ 'http.request.header': { [draw.of(HEADERS).toLowerCase()]: [s] } })),
  ],
  'header-struct': [
    key((s) => ({ rawHeaders: ['Host', 'a.example', 'Authorization', s] })),
    key((s, draw) => [{ name: draw.of(HEADERS), value: s }]),
    key((s) => new Map([['cookie', s]])),
    key((s) => new Headers({ 'x-api-key': s })),
    key((s) => `[["x-api-key","${s}"]]`),
    key((s) => [
      ['Authorization', `Bearer ${s}`],
      ['Accept', '*/*'],
    ]),
    key((s) => ({ attributes: [{ key: 'http.request.header.authorization', value: { stringValue: s } }] })),
    key((s) => JSON.stringify({ rawHeaders: ['Host', 'a.example', 'X-Api-Key', s] })),
    key((s) => JSON.stringify([{ name: 'Set-Cookie', value: `sid=${s}` }])),
    key((s) => `[(b'host', b'a.example'), (b'authorization', b'Bearer ${s}')]`),
    key((s) => ({ columns: ['user', 'password'], rows: [['ann', s]] })),
    key((s) => [
      ['user', 'api_key', 'plan'],
      ['ann', s, 'free'],
    ]),
    key((s) => ({ header: 'X-Auth-Token', values: [s] })),
  ],
  command: [
    key((s) => ['run', '--token', s]),
    key((s) => `run --api-key ${s} --verbose`),
    key((s) => `run --password='${s}' --host a.example`),
    pass((s) => `curl -u bob:${s} https://a.example`),
    pass((s) => `mysql -h db -u root -p${s} app`),
    pass((s) => `sshpass -p ${s} ssh bob@a.example`),
    pass((s) => `redis-cli -h cache -a ${s} ping`),
    pass((s) => `docker login -u bob -p ${s} registry.example`),
    pass((s) => `PGPASSWORD=${s} psql -h db app`),
    pass((s) => ['curl', '--user', `bob:${s}`, 'https://a.example']),
    key((s) => `docker run -e API_TOKEN=${s} -p 80:80 image`),
    key((s) => `kubectl create secret generic x --from-literal=password=${s}`),
    pass((s) => `openssl rsa -in k.pem -passin pass:${s}`),
    key((s) => `export GITHUB_TOKEN=${s}`),
    key((s) => `setx OPENAI_API_KEY "${s}"`),
  ],
  url: [
    pass((s) => `https://bob:${s}@a.example/x`),
    key((s) => `GET https://a.example/cb?code=${s}&x=1`),
    key((s) => `https://a.example/#access_token=${s}`),
    key((s) => `https://a.example/v1?page=2&api_key=${s}`),
    key((s) => `/callback?state=x&id_token=${s}`),
    key((s) => `https://a.blob.example/c/f?sv=2024&sig=${s}`),
    key((s) => `https://b.s3.example/f?X-Amz-Date=1&X-Amz-Signature=${s}`),
    key((s) => `https://hooks.slack.com/services/T0000/B0000/${s}`),
    key((s) => `https://a.example/reset-password/${s}`),
    key((s) => new URL(`https://a.example/?token=${s}`)),
    key((s) => new URLSearchParams({ code: s })),
    key((s) => ({ query: { code: s, page: '2' } })),
    key((s) => `https://${s}@a.example/repo.git`),
    key((s) => `https://a.example/login?next=${encodeURIComponent(`https://b.example/?token=${s}`)}`),
  ],
  connection: [
    pass((s) => `postgres://app:${s}@db:5432/app`),
    pass((s) => `Server=db;User=sa;Password=${s};Encrypt=true`),
    pass((s) => `mongodb+srv://app:${s}@cluster.example/db?w=majority`),
    pass((s) => `redis://:${s}@cache:6379/0`),
    pass((s) => `app:${s}@tcp(db:3306)/app`),
    pass((s) => `host=db port=5432 user=app password=${s} dbname=app`),
    key((s) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s}==;EndpointSuffix=core`),
    key((s) => `Endpoint=sb://a.example/;SharedAccessKeyName=root;SharedAccessKey=${s}=`),
    pass((s) => ({ connectionString: `Server=db;Pwd=${s}` })),
    pass((s) => `jdbc:mysql://db/app?user=app&password=${s}`),
    pass((s) => `amqp://guest:${s}@queue:5672/%2f`),
    pass((s) => `postgres://app:p/${s}@db/app`),
  ],
  cookie: [
    key((s) => `Set-Cookie: sid=${s}; HttpOnly`),
    key((s) => `Cookie: a=1; session=${s}`),
    key((s) => ({ cookies: { sid: s } })),
    key((s) => ({ 'set-cookie': [`connect.sid=s%3A${s}; Path=/`] })),
    key((s) => `curl -b "session=${s}" https://a.example`),
    key((s) => `JSESSIONID=${s}`),
    key((s) => `cookie=PHPSESSID=${s}; theme=dark`),
    key((s) => `{"headers":{"cookie":"a=1; auth=${s}"}}`),
    key((s) => `document.cookie = "session=${s}"`),
  ],
  'private-key': [
    (draw) => {
      const lines = drawPem(draw);
      return [
        lines[2] ?? '',
        `-----BEGIN ${draw.of(['RSA ', 'EC ', 'OPENSSH ', '', 'ENCRYPTED '])}PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----`,
      ];
    },
    (draw) => {
      const lines = drawPem(draw);
      return [lines[3] ?? '', `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}`];
    },
    (draw) => {
      const lines = drawPem(draw);
      return [
        lines[1] ?? '',
        { config: { value: `-----BEGIN PRIVATE KEY-----\\n${lines.join('\\n')}\\n-----END PRIVATE KEY-----` } },
      ];
    },
    (draw) => {
      const lines = drawPem(draw);
      return [
        lines[1] ?? '',
        JSON.stringify({
          cert: `-----BEGIN RSA PRIVATE KEY-----\n${lines.join('\n')}\n-----END RSA PRIVATE KEY-----\n`,
        }),
      ];
    },
    (draw) => {
      const lines = drawPem(draw);
      return [
        lines[0] ?? '',
        `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${lines.join('\n')}\n-----END PGP PRIVATE KEY BLOCK-----`,
      ];
    },
    key((s) => ({ kty: 'EC', crv: 'P-256', x: 'a', y: 'b', d: s })),
    key((s) => `{"kty":"oct","k":"${s}"}`),
    of(
      (draw) => draw.text(`${WORD}+/`, 60),
      (s) => `key MIIEvQIBADANBgkqhkiG9w0BAQEFAASC${s}`,
    ),
  ],
  jwt: [
    jwt((s) => `seen ${s} here`),
    jwt((s) => ({ note: s })),
    jwt((s) => `"${s}"`),
    jwt((s) => `wss://a.example/socket?jwt=${s}`),
    jwt((s) => `sid=s%3A${s}`),
    jwt((s) => ['x', s]),
    (draw) => {
      const part = draw.text(WORD, 60);
      return [
        part,
        `jwe eyJhbGciOiJSU0EtT0FFUCJ9.${draw.text(WORD, 40)}.${draw.text(WORD, 16)}.${part}.${draw.text(WORD, 22)}`,
      ];
    },
  ],
  keyed: [
    key((s, draw) => ({ config: { [draw.of(NAMES)]: s } })),
    pass((s, draw) => ({ [draw.of(NAMES)]: s })),
    pass((s, draw) => `${draw.of(NAMES)}=${s}`),
    pass((s, draw) => `${draw.of(NAMES)}: '${s}'`),
    pass((s, draw) => `db:\n  host: a\n  ${draw.of(NAMES)}: ${s}\n  port: 1`),
    pass((s) => `<password>${s}</password>`),
    key((s, draw) => `level=info ${draw.of(NAMES)}=${s} ok=true`),
    pass((s) => `Content-Disposition: form-data; name="password"\r\n\r\n${s}\r\n`),
    pass((s) => `user,password,plan\nann,${s},free\n`),
    pass((s) => `<add key="ApiKey" value="${s}"/>`),
    pass((s) => `<key>password</key>\n<string>${s}</string>`),
    pass((s) => `password: |\n  ${s}\n`),
    pass((s) => `machine a.example login ann password ${s}`),
    pass((s) => `the password is ${s}`),
    key((s) => `Invalid API key: ${s}`),
    pass((s) => `insert into users (name, password) values ('ann', '${s}')`),
    pass((s) => `alter user ann with password '${s}'`),
    key((s) => `//registry.example/:_authToken=${s}`),
    pass((s) => `user[password]=${s}&user[name]=ann`),
    pass((s) => ` id | password \n----+-----\n 1 | ${s}\n`),
    pass((s) => ({ env: [{ name: 'DB_PASSWORD', value: s }] })),
    key((s) => `const apiKey = "${s}";`),
  ],
  'json-in-json': [
    pass((s) => JSON.stringify({ body: JSON.stringify({ apiKey: s }) })),
    pass((s) => `{"refresh_token":"${s}`),
    pass((s) => ({ body: JSON.stringify({ user: { password: s } }) })),
    pass((s) => JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ password: s }) }) })),
    key((s) => ({ message: `request failed: ${JSON.stringify({ headers: { authorization: `Bearer ${s}` } })}` })),
    key((s) => `data: ${JSON.stringify({ token: s })}\n\n`),
    pass((s) => JSON.stringify({ credentials: { user: 'ann', word: s } })),
    pass((s) => JSON.stringify({ argv: ['--password', s] })),
  ],
  error: [
    key((s) => new Error(`failed with token=${s}`, { cause: { password: s } })),
    key((s) => Object.assign(new Error('x'), { config: { headers: { Authorization: s } } })),
    key((s) => new AggregateError([new Error(`password=${s}`)])),
    pass((s) => new Error('x', { cause: new Error('y', { cause: new Error(`postgres://a:${s}@db/x`) }) })),
    pass((s) => Object.assign(new Error('spawn failed'), { cmd: `mysql -p${s}`, spawnargs: ['--password', s] })),
    key((s) =>
      Object.assign(new Error('x'), {
        request: { path: `/v1?api_key=${s}` },
        response: { headers: { 'set-cookie': [`s=${s}`] } },
      }),
    ),
    key((s) => Object.assign(new Error('x'), { options: { auth: `bob:${s}` } })),
    key((s) => ({ stack: `Error: bad token ${s}\n    at a (b.js:1:2)` })),
    pass((s) => new Error(`cannot sign in ann with password ${s}`)),
  ],
  encoded: [
    of(
      (draw) => b64(`{"password":"${drawPassword(draw)}"}`),
      (s) => `blob ${s} end`,
    ),
    pass((s) => `x=${encodeURIComponent(`password=${s}`)}`),
    pass((s) => `{&quot;password&quot;:&quot;${s}&quot;}`),
    pass((s) => `\u001b[31mpassword\u001b[0m=${s}`),
    of(
      (draw) => hex(`token=${drawKey(draw)}`),
      (s) => s,
    ),
    of(
      (draw) => Buffer.from(`user=a&password=${drawPassword(draw)}`).toString('base64url'),
      (s) => ({ state: s }),
    ),
    pass((s) => `"\\u0070assword":"${s}"`),
    pass((s) => encodeURIComponent(JSON.stringify({ password: s })).replaceAll(encodeURIComponent(s), s)),
    of(
      (draw) => b64(b64(`Authorization: Bearer ${drawKey(draw)}`)),
      (s) => `data ${s}`,
    ),
    pass((s) => `&#112;assword=${s}`),
    of(
      (draw) => Buffer.from(`$password = "${drawPassword(draw)}"`, 'utf16le').toString('base64'),
      (s) => `powershell -enc ${s}`,
    ),
    of(
      (draw) => b64(`postgres://app:${drawPassword(draw)}@db/app`),
      (s) => `DATABASE=${s}`,
    ),
  ],
  'provider-key': [
    of(
      (draw) => draw.text(WORD, 40),
      (s, draw) =>
        `key ${draw.of(['ghp_', 'gho_', 'ghs_', 'sk_live_', 'rk_test_', 'sp_live_', 'sp_op_', 'npm_', 'hf_', 'gsk_'])}${s} used`,
    ),
    of(
      (draw) => draw.text(WORD, 20),
      (s, draw) => ({ text: `${draw.of(['glpat-', 'xoxb-', 'sk-', 'dckr_pat_', 'sk-ant-', 'sk-proj-'])}${s}` }),
    ),
    of(
      (draw) => draw.text(`${UPPER}${DIGITS}`, 16),
      (s) => `AKIA${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 35),
      (s) => `AIza${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 43),
      (s, draw) => `SG.${draw.text(WORD, 22)}.${s}`,
    ),
    of(
      (draw) => draw.text(HEX, 64),
      (s, draw) => `${draw.of(['dop_v1_'])}${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 33),
      (s, draw) => `bot ${draw.text(DIGITS, 9)}:AA${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 32),
      (s) => `whsec_${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 28),
      (s, draw) => `discord M${draw.text(WORD, 23)}.${draw.text(WORD, 6)}.${s}`,
    ),
    of(
      (draw) => draw.text(WORD, 60),
      (s) => `pypi-${s}`,
    ),
    of(
      (draw) => draw.text(`${UPPER}${DIGITS}`, 58),
      (s) => `AGE-SECRET-KEY-1${s}`,
    ),
    of(
      (draw) => draw.text(`${LOWER}${DIGITS}`, 90),
      (s) => `hvs.${s}`,
    ),
  ],
};

/** Every shape `turns` times, each time with another value. */
export function drawSecrets(seed: number, turns = 5): Secret[] {
  const draw = createDraw(seed);
  const secrets: Secret[] = [];
  for (let turn = 0; turn < turns; turn++) {
    for (const [kind, shapes] of Object.entries(SHAPES)) {
      for (const shape of shapes) {
        const [secret, value] = shape(draw);
        secrets.push({ kind, secret, value });
      }
    }
  }
  return secrets;
}

/** What a reader of a log would see. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether the output shows the secret, or a half of a long one. */
export function leaks(output: unknown, secret: string): boolean {
  const text = shown(output);
  if (text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1))) return true;
  const half = Math.floor(secret.length / 2);
  return half >= 6 && (text.includes(secret.slice(0, half)) || text.includes(secret.slice(half)));
}
