// The third part of the table: once held out, like the second, and learnt from since.
import { createDraw, type Draw, drawJwt, drawKey, drawPassword, drawPem, HEX, LOWER, UPPER, WORD } from './draw.ts';
import type { Secret } from './secrets.ts';

type Shape = (secret: string, draw: Draw) => unknown;

const KEYS: Readonly<Record<string, readonly Shape[]>> = {
  'auth-header': [
    (s) => `proxy: forwarding "authorization: Bearer ${s}" (stripped)`,
    (s) => `req.headers.authorization === 'Bearer ${s}'`,
    (s) => ({ message: `401 for Authorization: token ${s}` }),
    (s) => `grpc metadata: authorization -> Bearer ${s}`,
    (s) => `hdr[authorization]="Basic ${s}"`,
    (s) => `  "authorization"   :   "Bearer ${s}"`,
    (s) => `AUTHORIZATION:Bearer ${s}`,
  ],
  'key-header': [
    (s) => `axios.defaults.headers['X-Api-Key'] = '${s}'`,
    (s) => `requestHeader X-Figma-Token=${s};`,
    (s) => ({ sent: `x-auth-token: ${s}\nuser-agent: y` }),
    (s) => `addHeader("api-key", "${s}")`,
    (s) => `x-amz-security-token;${s}`,
  ],
  'header-struct': [
    (s) => ({ list: [{ header: 'authorization', content: `Bearer ${s}` }] }),
    (s) => ({ flat: ['content-type', 'text/html', 'x-api-key', s] }),
    (s) => ({ multi: new Map([['Set-Cookie', new Set([`sid=${s}`])]]) }),
    (s) => JSON.stringify({ headers: { Authorization: ['Bearer', s] } }),
    (s) => ({ attrs: { 'http.request.header.cookie': [`a=${s}`] } }),
  ],
  command: [
    (s) => `terraform apply -var="db_password=${s}"`,
    (s) => `ansible-playbook site.yml -e 'vault_token=${s}'`,
    (s) => `SECRET_KEY='${s}' ./serve --port 80`,
    (s) => ({ argv: ['--api-key', s, '--port', '80'] }),
    (s) => `psql "host=db password=${s} sslmode=require"`,
    (s) => `curl -XPOST -d 'grant_type=x&client_secret=${s}' https://a.example`,
    (s) => `curl --oauth2-bearer ${s} https://a.example`,
  ],
  url: [
    (s) => `Location: https://a.example/done?session_token=${s}#top`,
    (s) => `see <https://a.example/d?sig=${s}>`,
    (s) => `https://a.example/cb#id=1&refresh_token=${s}`,
    (s) => ({ referer: `https://a.example/?reset_code=${s}` }),
    (s) => `https://api.telegram.org/bot123456789:${s}/sendMessage`,
    (s) => `git clone https://oauth2:${s}@git.example/r.git`,
  ],
  cookie: [
    (s) => `Cookie: "sid=${s}"`,
    (s) => `cookies={'sid': '${s}'}`,
    (s) => ({ setCookie: `sid=${s}; Path=/` }),
    (s) => `Set-Cookie2: s=${s}`,
    (s) => `  cookie   =   sid=${s}`,
  ],
  keyed: [
    (s) => `ACCESS_KEY_SECRET => ${s}`,
    (s) => `secret: >-\n    ${s}\nother: 1`,
    (s) => ({ settings: [{ key: 'stripe.secret', value: s }] }),
    (s) => `token\n-----\n${s}`,
    (s) => `api key = "${s}"`,
    (s) => `(password "${s}")`,
    (s) => `set :deploy_token, '${s}'`,
    (s) => `password -> ${s}`,
    (s) => `| api_token | ${s} |`,
    (s) => `rotate secret from ${s} to a new one`,
    (s) => ({ auth: { type: 'bearer', token: s } }),
    (s) => `@Value("\${token:${s}}")`,
  ],
  'json-in-json': [
    (s) => ({ raw: `{"data":"{\\"token\\":\\"${s}\\"}"}` }),
    (s) => `event {"type":"login","auth":{"password":"${s}"}} stored`,
    (s) => JSON.stringify({ q: `mutation { login(password: "${s}") { id } }` }),
    (s) => `[{"id":1,"secret_key":"${s}"},{"id":2`,
  ],
  error: [
    (s) => Object.assign(new Error('x'), { toString: null, request: { body: `{"password":"${s}"}` } }),
    (s) => new Error(`GET https://a.example/?access_token=${s} failed with 500`),
    (s) => ({ errors: [{ extensions: { context: { apiToken: s } } }] }),
    (s) => new AggregateError([new Error('a', { cause: `secret=${s}` })], 'all failed'),
  ],
};
const PASSWORDS: Readonly<Record<string, readonly Shape[]>> = {
  connection: [
    (s) => `DATABASE_URL="mysql2://root:${s}@127.0.0.1/app"`,
    (s) => `Driver={ODBC};Server=a;Uid=app;Pwd=${s};`,
    (s) => `amqps://user:${s}@mq.example/vhost failed`,
    (s) => ({ smtp: { host: 'mail', auth: { user: 'a', pass: s } } }),
    (s) => `tcp://ann:${s}@broker.example:1883`,
  ],
  keyed: [
    (s) => `user: ann, password: ${s}, host: db`,
    (s) => `adminPassword := "${s}"`,
    (s) => `<Password type="plain">${s}</Password>`,
    (s) => `login ok user=ann pass=${s} ip=10.0.0.1`,
    (s) => `passphrase for key: ${s}`,
    (s) => ({ userPassword: s, note: 'x' }),
  ],
};

function shaped(draw: Draw): Secret[] {
  const blob = (text: string, form: BufferEncoding): string => Buffer.from(text).toString(form);
  const lines = drawPem(draw);
  const jwt = drawJwt(draw);
  const signature = jwt.slice(jwt.lastIndexOf('.') + 1);
  const key = draw.text(WORD, 40);
  const one = blob(`password: ${drawPassword(draw)}`, 'base64');
  const two = blob(JSON.stringify({ token: drawKey(draw) }), 'hex');
  const three = drawKey(draw);
  const values: readonly (readonly [string, string, unknown])[] = [
    ['encoded', one, `k8s secret data: ${one}`],
    ['encoded', two, { dump: two.toUpperCase() }],
    ['encoded', three, `q=%61pi_key%3D${three}`],
    ['encoded', three, `{\\"client_secret\\":\\"${three}\\"}`],
    ['encoded', one, `x?state=${encodeURIComponent(one)}`],
    [
      'private-key',
      lines[1] ?? '',
      { key: ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----'].join('\n') },
    ],
    ['private-key', lines[2] ?? '', `  -----BEGIN DSA PRIVATE KEY-----\n  ${lines.join('\n  ')}\n  -----END`],
    ['private-key', lines[0] ?? '', `"-----BEGIN PRIVATE KEY-----\\\\n${lines.join('\\\\n')}\\\\n"`],
    ['jwt', signature, `<saml>${jwt}</saml>`],
    ['jwt', signature, { deep: [[{ t: `Bearer ${jwt}` }]] }],
    ['jwt', signature, `got=${jwt};`],
    ['provider-key', key, `ghr_${key}.`],
    ['provider-key', key, [`sk-ant-api03-${key}`]],
    ['provider-key', key, `AWS AKIA${draw.text(UPPER, 16)} secret_access_key ${key}`],
    ['provider-key', key, `sk_test_${key}`],
    ['provider-key', key, `dckr_pat_${draw.text(LOWER, 3)}${key}`],
    ['provider-key', key, `(npm_${key})`],
  ];
  return values.map(([kind, secret, value]) => ({ kind, secret, value }));
}

export function drawFurtherSecrets(seed: number, turns = 3): Secret[] {
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
  (draw) => ({ key: 'theme', value: 'dark', updated: draw.below(99) }),
  (draw) => `PUT /v1/artifacts/art_${draw.text(WORD, 22)} 201 ${draw.below(900)}ms`,
  () => 'The password field was left empty.',
  (draw) => `tokens used: ${draw.below(9999)}, cost 0.${draw.below(99)} EUR`,
  () => 'Authorization is checked before the session is read.',
  () => ({ type: 'object', properties: { password: { type: 'string', minLength: 12 } } }),
  (draw) => `docker pull app@sha256:${draw.text(HEX, 64)}`,
  () => 'if (token === undefined) return reply.code(401)',
  (draw) => ({ sessionId: draw.text(HEX, 32), csrfEnabled: true, keyType: 'ed25519' }),
  () => 'Secret santa is on friday: bring a gift.',
  (draw) => `nonce count ${draw.below(99)}, key size 256, tag length 16`,
  () => 'https://a.example/docs/password-reset?lang=de#step-2',
  (draw) => `trace ${draw.text(HEX, 32)} span ${draw.text(HEX, 16)} sampled`,
  () => ({ permissions: ['token.read', 'secret.write'], role: 'auth-admin' }),
  () => 'curl -sS -o out.html https://a.example/index.html',
  (draw) => `price: ${draw.below(99)}.50; code: E${draw.below(900)}; state: open`,
  () => 'cookie: a small text file that a site stores',
  (draw) => ({ fingerprint: `SHA256:${draw.text(WORD, 43)}`, algorithm: 'ES256', kid: `k${draw.below(9)}` }),
  () => 'error TS2304: Cannot find name "token".',
  () => 'Retry-After: 30, RateLimit-Policy: "default";q=100;w=60',
];

export function drawFurtherHarmless(seed: number, turns = 5): unknown[] {
  const draw = createDraw(seed);
  return Array.from({ length: turns }, () => HARMLESS.map((shape) => shape(draw))).flat();
}
