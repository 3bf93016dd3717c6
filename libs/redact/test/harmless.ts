// The table of harmless values: what looks like a secret or speaks of one, and must stay as it is (RD3).
import { createDraw, DIGITS, type Draw, HEX, LOWER, WORD } from './draw.ts';

const uuid = (draw: Draw): string =>
  `${draw.text(HEX, 8)}-${draw.text(HEX, 4)}-7${draw.text(HEX, 3)}-a${draw.text(HEX, 3)}-${draw.text(HEX, 12)}`;

const SHAPES: readonly ((draw: Draw) => unknown)[] = [
  uuid,
  (draw) => `run ${uuid(draw)} finished`,
  (draw) => draw.text(HEX, 64),
  (draw) => `sha256:${draw.text(HEX, 64)}`,
  (draw) => `commit ${draw.text(HEX, 40)}`,
  (draw) => `run_${draw.text(WORD, 22)}`,
  (draw) => ({ id: `art_${draw.text(WORD, 22)}`, sha256: draw.text(HEX, 64), etag: `"${draw.text(HEX, 32)}"` }),
  (draw) => ({ tenantId: `ten_${draw.text(WORD, 22)}`, tokenCount: 12, maxTokens: 100, tokenType: 'access' }),
  (draw) => ({ secretName: 'db', apiKeyId: draw.text(WORD, 22), hasPassword: true, token: null, passwordLength: 12 }),
  (draw) => `The token count is ${draw.below(99)}, and the key idea is simple.`,
  () => 'A password: choose something long and keep it to yourself.',
  () => 'Your password must be at least 12 characters long.',
  () => 'Unexpected token < in JSON at position 0',
  () => `Unexpected token '}', "{"a":}" is not valid JSON`,
  () => 'invalid token: signature does not match',
  () => 'Error: secret not found',
  (draw) => `https://a.example/page/${draw.text(LOWER, 6)}?page=${draw.below(99)}&sort=name`,
  (draw) => `https://a.example/item?code=${draw.below(999)}&state=open`,
  (draw) => `2026-01-0${draw.below(9) + 1}T10:00:00.000Z`,
  () => 'Enter the code from the letter; basic access is enough for a bearer of news.',
  (draw) => `input_tokens=${draw.below(9999)} output_tokens=99 total_tokens=7`,
  (draw) => `/srv/app/releases/${draw.text(HEX, 12)}/server/src/main.ts:10:5`,
  () => ['token', 'password', 'key'],
  () => ({ required: ['username', 'password', 'token', 'email'] }),
  () => ({ author: 'Ann', authors: 3, monkey: 'see', keyboard: 'qwerty', keys: ['a', 'b'] }),
  (draw) => `status=200 bytes=${draw.below(9999)} path=/v1/runs key=report-${draw.below(99)}`,
  (draw) => ({ usage: { prompt_tokens: draw.below(99), completion_tokens: 5 }, finish_reason: 'stop' }),
  (draw) => `git@github.example:org/repo.git at ${draw.text(HEX, 7)}`,
  (draw) => `image registry.example/app:v1.2@sha256:${draw.text(HEX, 64)}`,
  () => 'function sign(key: string, token: string): Promise<string>',
  () => 'const token = process.env.TOKEN;',
  () => ['password: $', '{DB_PASSWORD}'].join(''),
  () => 'token=<your-token> secret=*****',
  (draw) => `cache key: runs/${draw.below(999)}/events`,
  (draw) => ({ idempotency_key: uuid(draw), key: `reports/2026/${draw.below(12)}.pdf`, primaryKey: 'id' }),
  () => ({
    cookiePolicy: 'strict',
    tokenEndpoint: 'https://a.example/oauth/token',
    authorizationUrl: 'https://a.example/authorize',
  }),
  (draw) =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1${draw.text(DIGITS, 2)}.0.0.0 Safari/537.36`,
  (draw) => `at Object.<anonymous> (file:///srv/app/token-store.ts:${draw.below(99)}:7)`,
  () => 'docker run -p 8080:80 -u 1000:1000 image',
  (draw) => `tar -xzf release-${draw.below(99)}.tar.gz -C /srv --strip-components 1`,
  (draw) => `mail to ann.${draw.text(LOWER, 5)}@mail.example at 10:00`,
  (draw) => `-----BEGIN CERTIFICATE-----\n${draw.text(WORD, 64)}\n-----END CERTIFICATE-----`,
  (draw) => `-----BEGIN PUBLIC KEY-----\n${draw.text(WORD, 64)}\n-----END PUBLIC KEY-----`,
  (draw) => `100% of ${draw.below(50)}%20 done, a\\b\\c and &amp; more`,
  (draw) => Buffer.from(`hello world ${draw.text(LOWER, 8)}`).toString('base64'),
  (draw) => ({ traceparent: `00-${draw.text(HEX, 32)}-${draw.text(HEX, 16)}-01`, span_id: draw.text(HEX, 16) }),
  (draw) => `version 1.${draw.below(9)}.${draw.below(9)} (build ${draw.text(DIGITS, 6)})`,
  () => 'The session ended; the user signed out and the cookie banner was shown.',
  () => 'authorization failed: the user has no such role',
  (draw) => `x-request-id: ${uuid(draw)}`,
  () => 'name,plan,city\nann,free,bern\nbob,pro,rome',
  (draw) =>
    JSON.stringify({ event: 'run.created', run_id: uuid(draw), seq: draw.below(99), reason: 'api_key_expired' }),
  () => ({ code: 'invalid_api_key', type: 'about:blank', title: 'The API key is not valid', status: 401 }),
  () => ({ name: 'password', type: 'string', required: true }),
  (draw) => `2001:db8::${draw.text(HEX, 4)}:1 -> 10.0.${draw.below(255)}.7:443`,
  () => 'Do not share your secret with anyone, and rotate tokens every month.',
  () => 'secretsmanager.eu-west-1.amazonaws.com:443 refused the connection',
  (draw) => ({ ratelimit: { limit: 100, remaining: draw.below(99), reset: 30 }, token_bucket: 'default' }),
  () => 'key-value pairs, key: value; keyword: tokenizer',
  (draw) => `chunk ${draw.below(99)}: passed 12 of 12, pass rate 100%`,
];

export function drawHarmless(seed: number, turns = 6): unknown[] {
  const draw = createDraw(seed);
  return Array.from({ length: turns }, () => SHAPES.map((shape) => shape(draw))).flat();
}
