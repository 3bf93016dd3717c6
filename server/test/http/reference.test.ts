import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { ANSWERS, checker, eventSchemas, SCOPES } from '@sallyport/contracts';
import { Validator } from '@seriousme/openapi-schema-validator';
import { listFaults } from '../../src/errors.ts';
import { faultsOf, ROUTES, type Route } from '../../src/http/http.ts';
import { type Api, startApi } from './api.ts';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly security: readonly Record<string, string[]>[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> };
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, unknown> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object>; readonly securitySchemes: Record<string, object> };
}

const CALLS = ROUTES.filter((route) => route.kind === 'call');

let api: Api;
let document: Document;
before(async () => {
  api = await startApi();
  document = (await api.ask('/openapi.json')).json;
});
after(() => api.close());

function operationOf(route: Route): Operation {
  const operation = document.paths[route.path]?.[route.method.toLowerCase()];
  assert.ok(operation !== undefined, `${route.method} ${route.path} is not in the document`);
  return operation;
}

test('the document is valid OpenAPI 3.1, and every reference in it has its target', async () => {
  const verdict = await new Validator().validate({ ...structuredClone(document) });
  assert.equal(verdict.valid, true, JSON.stringify(verdict.errors));
  assert.match(document.openapi, /^3\.1\./);
  const broken = structuredClone(document) as { paths: Record<string, unknown> };
  broken.paths['/v1/me'] = { get: { responses: { 200: {} } } };
  assert.equal((await new Validator().validate(broken)).valid, false, 'the validator has no teeth');
  for (const [, name] of JSON.stringify(document).matchAll(/#\/components\/schemas\/([^"]+)"/g))
    assert.ok(Object.hasOwn(document.components.schemas, name ?? ''), `${name} is not there`);
});

test('every route stands in the document once, and nothing else does', () => {
  const written = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(written.toSorted(), CALLS.map((route) => `${route.method} ${route.path}`).toSorted());
  const ids = CALLS.map((route) => operationOf(route).operationId);
  assert.equal(new Set(ids).size, ids.length);
});

test('every route says how it answers well', () => {
  const silent = CALLS.filter((route) => route.answers.length === 0).map((route) => `${route.method} ${route.path}`);
  assert.deepEqual(silent, [], 'name them under `answers` of the route, as in routes/runs.ts');
});

test('an operation holds the parameters, the body, the credential and every answer of its route, and no more', () => {
  for (const route of CALLS) {
    const operation = operationOf(route);
    const name = `${route.method} ${route.path}`;
    assert.equal(operation.summary, route.summary);
    const named = (place: string) => operation.parameters.filter((one) => one.in === place).map((one) => one.name);
    assert.deepEqual(
      named('path'),
      [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      name,
    );
    assert.deepEqual(named('query'), Object.keys((route.query as { properties?: object }).properties ?? {}), name);
    assert.equal(named('header').includes('idempotency-key'), route.idempotency !== undefined, name);
    const media = Object.keys(operation.requestBody?.content ?? {});
    assert.deepEqual(media, route.raw ? ['*/*'] : route.body === undefined ? [] : ['application/json'], name);
    const scoped = SCOPES.some((scope) => scope === route.access) ? [route.access] : [];
    const wanted =
      route.access === 'public'
        ? []
        : route.access === 'operator'
          ? [{ operator_key: [] }]
          : [{ api_key: scoped }, { session: scoped }, ...(route.access === 'known' ? [{ operator_key: [] }] : [])];
    assert.deepEqual(operation.security, wanted, name);
    const codes = faultsOf(route).map((code) => listFaults().find((fault) => fault.code === code)?.status);
    const statuses = [...codes, ...route.answers.map((spec) => spec.status)].map(String);
    assert.deepEqual(Object.keys(operation.responses).toSorted(), [...new Set(statuses)].toSorted(), name);
    for (const code of faultsOf(route)) {
      const { status, message } = listFaults().find((fault) => fault.code === code) ?? { status: 0, message: '' };
      const response = operation.responses[status];
      assert.ok(response?.description.includes(`\`${code}\`: ${message}`), `${name} ${code}`);
      assert.ok(response?.content?.['application/problem+json'] !== undefined, `${name} ${status}`);
    }
  }
});

test('a sample body is one that its own contract takes', () => {
  const samples = CALLS.filter((route) => route.sample !== undefined);
  assert.ok(samples.length >= 3);
  for (const route of samples) {
    assert.ok(route.body !== undefined);
    assert.deepEqual(checker(route.body)(route.sample), { ok: true, value: route.sample }, route.path);
  }
});

test('every named answer and every event type has its shape in the document', () => {
  const { schemas } = document.components;
  for (const name of [...Object.keys(ANSWERS), ...Object.keys(eventSchemas()).map((type) => `EventData.${type}`)])
    assert.ok(Object.hasOwn(schemas, name), name);
});

test('the page needs nothing but itself: no script, no other host, one style named by its digest', async () => {
  const { status, headers, text } = await api.ask('/docs');
  assert.equal(status, 200);
  assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
  const style = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? '';
  const digest = createHash('sha256').update(style).digest('base64');
  assert.equal(
    headers.get('content-security-policy'),
    `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  assert.doesNotMatch(text, /<(script|img|link|iframe|form|object|svg)\b|\son\w+=|\sstyle=|javascript:|\ssrc=/i);
  assert.deepEqual(
    [...text.matchAll(/href="([^"#][^"]*)"/g)].map((match) => match[1]),
    ['openapi.json'],
  );
  for (const route of CALLS) {
    const { operationId } = operationOf(route);
    assert.ok(text.includes(`<article id="${operationId}">`), route.path);
  }
  const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length, 'an id stands twice');
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g))
    assert.ok(ids.includes(target), `#${target} leads nowhere`);
});

test('a path prefix and the name of the cookie follow the public URL', async (t) => {
  const other = await startApi({ publicUrl: new URL('https://agents.example.com/base/') });
  t.after(() => other.close());
  const { json } = await other.ask('/openapi.json');
  assert.deepEqual(json.servers, [{ url: 'https://agents.example.com/base' }]);
  assert.equal(json.components.securitySchemes.session.name, '__Host-sallyport');
  assert.match((await other.ask('/docs')).text, /&quot;https:\/\/agents\.example\.com\/base\/v1\/me&quot;/);
});
