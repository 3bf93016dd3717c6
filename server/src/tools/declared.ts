// A declared action as a tool: its arguments go where the declaration says, secrets into headers alone, and what is lost is unknown.
import type { Action, ActionArgument, CreateAction } from '@sallyport/contracts';
import { EgressError, type EgressResponse } from '@sallyport/egress';
import type { ArgLabel, ToolLabel } from '@sallyport/flow';
import { OutcomeUnknown, type Tool, ToolFailure, type ToolOutput, type ToolServices } from './tool.ts';

const MOST_ANSWER = 256 * 1024;
const MOST_SHOWN = 24_000;
const MOST_TEXT = 4_000;

type Values = Readonly<Record<string, unknown>>;

function fits(argument: ActionArgument, value: unknown): boolean {
  const typed =
    argument.type === 'string'
      ? typeof value === 'string' && value.length <= (argument.max_length ?? MOST_TEXT)
      : argument.type === 'boolean'
        ? typeof value === 'boolean'
        : typeof value === 'number' && (argument.type === 'number' || Number.isSafeInteger(value));
  return typed && (argument.one_of === undefined || argument.one_of.some((one) => one === value));
}

/** A segment that would leave its place, or vanish from it. */
function isSegment(value: unknown): boolean {
  return value !== '' && value !== '.' && value !== '..';
}

function parseArguments({ arguments: declared }: CreateAction, given: Values): boolean {
  const names = Object.keys(given);
  if (!names.every((name) => Object.hasOwn(declared, name))) return false;
  return Object.entries(declared).every(([name, argument]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined) return argument.required !== true && argument.in !== 'path';
    return fits(argument, value) && (argument.in !== 'path' || isSegment(value));
  });
}

function schemaOf({ arguments: declared }: CreateAction): Readonly<Record<string, unknown>> {
  const properties = Object.fromEntries(
    Object.entries(declared).map(([name, { type, max_length: most, one_of: values }]) => [
      name,
      {
        type,
        ...(values === undefined ? {} : { enum: values }),
        ...(type === 'string' ? { maxLength: most ?? MOST_TEXT } : {}),
      },
    ]),
  );
  const required = Object.entries(declared)
    .filter(([, argument]) => argument.required === true || argument.in === 'path')
    .map(([name]) => name);
  return { type: 'object', properties, required, additionalProperties: false };
}

function labelOf({ effect, arguments: declared, output }: CreateAction): ToolLabel {
  const args = Object.entries(declared).map(([name, { role, one_of: values }]): [string, ArgLabel] => [
    name,
    { role, ...(values === undefined ? {} : { oneOf: values }) },
  ]);
  return {
    effect,
    args: Object.fromEntries(args),
    output: {
      integrity: output?.integrity ?? 'untrusted',
      confidentiality: output?.confidentiality ?? 'private',
      fields: { status: { integrity: 'trusted', confidentiality: 'public' } },
    },
    backEnd: 'outside',
  };
}

export function toolOf({ declaration }: Action): Tool {
  const idempotent = declaration.idempotent === true || declaration.method === 'GET';
  return {
    name: declaration.name,
    description: declaration.description,
    effect: declaration.effect,
    idempotent,
    label: labelOf(declaration),
    declared: declaration,
    parameters: schemaOf(declaration),
    parse: (args) => (parseArguments(declaration, args) ? { values: args } : undefined),
    run: ({ values }, services) => send(declaration, idempotent, values, services),
  };
}

function requestOf(
  declaration: CreateAction,
  values: Values,
): { readonly url: string; readonly body: string | undefined } {
  const inPlace = declaration.url.replace(/\{([^{}]*)\}/g, (_place, name: string) =>
    encodeURIComponent(String(values[name])),
  );
  const url = new URL(inPlace);
  const body: Record<string, unknown> = {};
  for (const [name, { in: place }] of Object.entries(declaration.arguments)) {
    const value = values[name];
    if (value === undefined || place === 'path') continue;
    if (place === 'query') url.searchParams.set(name, String(value));
    else body[name] = value;
  }
  const bodied = declaration.method !== 'GET' && declaration.method !== 'DELETE';
  return { url: url.href, body: bodied ? JSON.stringify(body) : undefined };
}

async function headersOf(
  declaration: CreateAction,
  url: string,
  services: ToolServices,
): Promise<Record<string, string>> {
  const { hostname, port, protocol } = new URL(url);
  const place = { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
  const headers: Record<string, string> = {};
  for (const [name, { secret, prefix = '' }] of Object.entries(declaration.secret_headers ?? {})) {
    const opened = await services.openSecret(secret, place);
    // With the right credential or not at all.
    if (opened === undefined)
      throw new ToolFailure('secret_missing', 'The credential of the action is not there for this host.');
    headers[name] = `${prefix}${opened}`;
  }
  return headers;
}

async function send(
  declaration: CreateAction,
  idempotent: boolean,
  values: Values,
  services: ToolServices,
): Promise<ToolOutput> {
  const { url, body } = requestOf(declaration, values);
  const headers = {
    accept: 'application/json, text/plain;q=0.8',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(declaration.idempotent === true ? { 'idempotency-key': services.effectKey } : {}),
    ...(await headersOf(declaration, url, services)),
  };
  const answer = await services.egress
    .read(url, {
      method: declaration.method,
      headers,
      ...(body === undefined ? {} : { body }),
      redirect: 'error',
      maxBytes: MOST_ANSWER,
      signal: services.signal,
      mayStart: services.mayStart,
    })
    .catch((error: unknown) => {
      if (!idempotent && mayHaveArrived(error)) throw new OutcomeUnknown('no_answer', { cause: error });
      throw error;
    });
  // A server that failed may have failed after the deed.
  if (answer.status >= 500 && !idempotent) throw new OutcomeUnknown(`status_${answer.status}`);
  if (answer.status >= 400)
    throw new ToolFailure('http_status', `The server answered with status ${answer.status}.`, answer.status >= 500);
  return outputOf(declaration, answer);
}

/** Refused or failed before the first byte of the request could have left. Everything else may have arrived. */
const BEFORE: ReadonlySet<string> = new Set([
  'url',
  'scheme',
  'credentials',
  'origin',
  'option',
  'header',
  'host',
  'port',
  'address',
  'dns',
  'tls',
  'not-started',
  'busy',
]);
const REFUSED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH']);

function mayHaveArrived(error: unknown): boolean {
  if (!(error instanceof EgressError)) return true;
  if (BEFORE.has(error.code)) return false;
  const { cause } = error;
  return !(error.code === 'connect' && cause instanceof Error && REFUSED.has((cause as NodeJS.ErrnoException).code));
}

function outputOf(declaration: CreateAction, answer: EgressResponse): ToolOutput {
  const { integrity = 'untrusted', confidentiality = 'private' } = declaration.output ?? {};
  const text = new TextDecoder().decode(answer.body);
  const label = { integrity, confidentiality, sources: [new URL(declaration.url).host] } as const;
  const json = /^application\/(?:[\w.+-]*\+)?json\b/i.test(answer.headers['content-type'] ?? '')
    ? parseJson(text)
    : undefined;
  const source = declaration.name;
  const whole = json !== undefined && text.length <= MOST_SHOWN;
  return {
    fields: { status: answer.status, ...(whole ? { body: json } : {}), truncated: text.length > MOST_SHOWN },
    ...(whole ? {} : { content: { source, text: text.slice(0, MOST_SHOWN) } }),
    label,
    bytes: answer.body.length,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
