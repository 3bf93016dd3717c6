// The OpenAPI 3.1 document, made from the registry and the contracts: what no route says cannot stand in it.
import {
  ANSWERS,
  CancelRun,
  CreateApiKey,
  CreateBudget,
  CreateRun,
  CreateSignedUrl,
  CreateTenant,
  eventSchemas,
  OpenSession,
  type Schema,
  UpdateBudget,
  Uuid,
} from '@sallyport/contracts';
import { type FaultCode, listFaults } from '../../errors.ts';
import { PAGE_MARK } from '../guard/own-page.ts';
import { PARAM_FORMS } from '../param-forms.ts';
import type { AnswerSpec, Route } from '../route.ts';
import { faultsOf } from './faults-of.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

export interface Described {
  readonly title: string;
  readonly version: string;
  /** Where the API is. */
  readonly server: string;
  readonly cookie: string;
}

const NAMED: Readonly<Record<string, Schema>> = {
  ...ANSWERS,
  CancelRun,
  CreateApiKey,
  CreateBudget,
  CreateRun,
  CreateSignedUrl,
  CreateTenant,
  OpenSession,
  UpdateBudget,
};
const NAMES = new Map<object, string>(Object.entries(NAMED).map(([name, schema]) => [schema, name]));
const PROBLEM_MEDIA = 'application/problem+json';
const EVENT_STREAM = 'text/event-stream';
const FAULTS = new Map(listFaults().map((fault) => [fault.code, fault]));
const text = { type: 'string' } as const;

function formOf(name: string): Json {
  if (name === 'seq') return { type: 'integer', minimum: 0 };
  const form = PARAM_FORMS[name];
  return form === undefined ? plain(Uuid) : { type: 'string', pattern: form.source };
}

/** A schema as plain JSON; a named one inside it is a reference. */
function plain(schema: unknown, top = false): Json {
  if (Array.isArray(schema)) return schema.map((item) => plain(item));
  if (schema === null || typeof schema !== 'object') return schema as Json;
  const name = top ? undefined : NAMES.get(schema);
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(value)]));
}

function propertiesOf(schema: Schema): [name: string, schema: unknown][] {
  return Object.entries((schema as { readonly properties?: Readonly<Record<string, unknown>> }).properties ?? {});
}

function parameters(route: Route): Json[] {
  const required = new Set((route.query as { readonly required?: readonly string[] }).required);
  const headers: [string, string][] = [
    ...Object.entries(route.headers),
    ...(route.idempotency === undefined
      ? []
      : [['idempotency-key', 'Makes a repeat safe: one key and body are one effect.'] satisfies [string, string]]),
    ...(route.method !== 'GET' && route.access !== 'operator'
      ? [
          [PAGE_MARK, 'With the cookie of a session: `1`, to show that a page of this server made the call.'] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  return [
    ...route.params.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: formOf(name),
    })),
    ...propertiesOf(route.query).map(([name, schema]) => ({
      name,
      in: 'query',
      required: required.has(name),
      schema: plain(schema),
    })),
    // OpenAPI says of these three that a parameter by their name is passed over; what is said of them stands in the description.
    ...headers
      .filter(([name]) => !/^(accept|content-type|authorization)$/.test(name))
      .map(([name, description]) => ({ name, in: 'header', required: false, description, schema: text })),
  ];
}

function security(route: Route): Json[] {
  if (route.access === 'public') return [];
  if (route.access === 'operator') return [{ operator_key: [] }];
  if (route.access === 'known') return [{ api_key: [] }, { session: [] }, { operator_key: [] }];
  const scopes = route.access === 'tenant' ? [] : [route.access];
  return [{ api_key: scopes }, { session: scopes }];
}

function goodAnswer(spec: AnswerSpec): JsonObject {
  const media = Object.fromEntries((spec.media ?? []).map((type) => [type, { schema: mediaSchema(type) }]));
  const json = spec.body === undefined ? {} : { 'application/json': { schema: plain(spec.body) } };
  const content = { ...json, ...media };
  return {
    description: spec.about,
    headers: {
      'x-request-id': { $ref: '#/components/headers/x-request-id' },
      ...Object.fromEntries(
        Object.entries(spec.headers ?? {}).map(([name, description]) => [name, { description, schema: text }]),
      ),
    },
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

function mediaSchema(type: string): Json {
  if (type === EVENT_STREAM)
    return {
      ...text,
      description: 'Each message: `id` the seq, `event` the type, `data` an EventEnvelope. `event: end` closes it.',
    };
  return type.startsWith('text/') || type.endsWith('ndjson') ? text : {};
}

const OF_STATUS: Readonly<Record<number, readonly [name: string, about: string]>> = {
  401: ['www-authenticate', 'The scheme of the credential.'],
  409: ['retry-after', 'Seconds after which a repeat makes sense, where one does.'],
  429: ['retry-after', 'Seconds after which a repeat makes sense.'],
  503: ['retry-after', 'Seconds after which a repeat makes sense.'],
};

function badAnswer(status: number, codes: readonly FaultCode[]): JsonObject {
  const header = OF_STATUS[status];
  return {
    description: codes.map((code) => `\`${code}\`: ${FAULTS.get(code)?.message ?? ''}`).join('\n'),
    headers: {
      'x-request-id': { $ref: '#/components/headers/x-request-id' },
      ...(header === undefined ? {} : { [header[0]]: { description: header[1], schema: text } }),
    },
    content: {
      [PROBLEM_MEDIA]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { properties: { status: { const: status }, code: { enum: [...codes] } } },
          ],
        },
      },
    },
  };
}

function responses(route: Route): JsonObject {
  const bad = new Map<number, FaultCode[]>();
  for (const code of faultsOf(route)) {
    const status = FAULTS.get(code)?.status ?? 500;
    bad.set(status, [...(bad.get(status) ?? []), code]);
  }
  const merged: Record<string, JsonObject> = Object.fromEntries(
    [...bad].sort(([a], [b]) => a - b).map(([status, codes]) => [status, badAnswer(status, codes)]),
  );
  for (const spec of route.answers) {
    const good = goodAnswer(spec);
    const standing = merged[spec.status];
    // `/readyz` answers 503 with a body of its own beside that of a fault.
    merged[spec.status] =
      standing === undefined
        ? good
        : {
            ...standing,
            description: `${spec.about}\n${String(standing.description)}`,
            content: { ...(good.content as object), ...(standing.content as object) },
          };
  }
  return merged;
}

function requestBody(route: Route): JsonObject {
  if (route.raw)
    return {
      requestBody: { required: true, content: { '*/*': { schema: {} } }, description: 'The bytes as they are.' },
    };
  if (route.body === undefined) return {};
  const required = ((route.body as { readonly required?: readonly string[] }).required ?? []).length > 0;
  const sample = route.sample === undefined ? {} : { example: route.sample as Json };
  return { requestBody: { required, content: { 'application/json': { schema: plain(route.body), ...sample } } } };
}

/** `GET /v1/runs/{id}/events` is `getRunsByIdEvents`. */
function operationId(route: Route): string {
  const words = route.path
    .replace('/v1', '')
    .split(/[/.-]/)
    .map((part) => part.replace(/^\{(\w+)\}$/, 'by-$1'))
    .flatMap((part) => part.split('-'))
    .filter((part) => part !== '');
  return route.method.toLowerCase() + words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
}

/** The resource: the first word after the version. */
export function tagOf(path: string): string {
  return /^\/v1\/([a-z-]+)/.exec(path)?.[1] ?? 'server';
}

function describe(route: Route): string {
  const said = Object.entries(route.headers).filter(([name]) => /^(accept|content-type)$/.test(name));
  const who = {
    public: 'Needs no credential.',
    tenant: 'Needs any key of a tenant, or a session.',
    operator: 'Needs the operator key.',
  };
  const needs = Object.hasOwn(who, route.access)
    ? who[route.access as keyof typeof who]
    : `Needs the scope \`${route.access}\`.`;
  return [needs, ...said.map(([name, about]) => `\`${name}\`: ${about}`)].join('\n');
}

function operation(route: Route): JsonObject {
  return {
    operationId: operationId(route),
    tags: [tagOf(route.path)],
    summary: route.summary,
    description: describe(route),
    security: security(route),
    parameters: parameters(route),
    ...requestBody(route),
    responses: responses(route),
  };
}

/** Of the calls among `routes`; pages are for browsers. */
export function openApi(all: readonly Route[], described: Described): JsonObject {
  const routes = all.filter((route) => route.kind === 'call');
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(route) });
  }
  const events = Object.entries(eventSchemas()).map(([type, schema]) => [`EventData.${type}`, plain(schema, true)]);
  return {
    openapi: '3.1.1',
    info: {
      title: described.title,
      version: described.version,
      description:
        'JSON is snake_case, times are RFC 3339 in UTC, money is a decimal string. Readers treat unknown fields, codes and event types as normal input.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: described.server }],
    tags: [...new Set(routes.map((route) => tagOf(route.path)))].map((name) => ({ name })),
    paths,
    components: {
      headers: { 'x-request-id': { description: 'Finds the request in the log.', schema: text } },
      schemas: {
        ...Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, plain(schema, true)])),
        ...Object.fromEntries(events),
      },
      securitySchemes: {
        api_key: { type: 'http', scheme: 'bearer', description: 'A key of a tenant.' },
        operator_key: { type: 'http', scheme: 'bearer', description: 'The key of the operator; it has no tenant.' },
        session: { type: 'apiKey', in: 'cookie', name: described.cookie, description: 'Of a browser.' },
      },
    },
  } satisfies Record<string, Json>;
}
