// The pages of docs/reference, made from the tables that the product itself uses: settings, faults, routes.
import { STATUSES } from '../cli/src/exit-status.ts';
import { listFaults } from '../server/src/errors.ts';
import { createReference, faultsOf, ROUTES } from '../server/src/http/http.ts';
import type { JsonObject } from '../server/src/http/reference/openapi.ts';
import { type Operation, operationsOf, schemaLines } from '../server/src/http/reference/operations.ts';
import { SECURITY_EVENTS } from '../server/src/security-events.ts';
import { SETTINGS } from '../server/src/settings.ts';

const CALLS = ROUTES.filter((route) => route.kind === 'call');
const MADE = '<!-- Made by `npm run reference`; changed by changing what it is made from. -->';

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', '<br>');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function settings(): string {
  const rows = Object.values(SETTINGS).map((setting) => [
    `\`${setting.env}\`${'flag' in setting ? `, \`--${setting.flag}\`` : ' (a secret or an address: no flag)'}`,
    setting.about,
    setting.expected,
    'fallback' in setting ? (setting.fallback === '' ? 'nothing' : `\`${setting.fallback}\``) : 'none',
    `\`${setting.example}\``,
  ]);
  return [
    '# Settings',
    MADE,
    'A flag counts more than its environment variable. Of a setting without a flag, `NAME_FILE` names a file that holds the value. All are checked when a',
    'process starts, and every fault is named in one message. A variable that begins with `SALLYPORT_` and is not here is a fault.',
    '',
    table(['setting', 'what it is', 'expected', 'unless told', 'example'], rows),
    '',
  ].join('\n');
}

function securityEvents(): string {
  return [
    '# Security events',
    MADE,
    'Lines of the log (JSON on stderr) that matter to security bear one of these codes in the field `security`; the codes are stable. Every line has `time`,',
    '`level`, `event`, `v` (the version of its shape) and `tenant_id` (`-` where none is concerned), and as far as they are known `user_id`, `key_id`, `request_id`,',
    '`trace_id`, `run_id`, `step`. Failures that repeat are sampled: `log.repeated` says how many were left out. What must never be lost is in the audit log.',
    '',
    table(
      ['code', 'what it says'],
      Object.entries(SECURITY_EVENTS).map(([code, about]) => [`\`${code}\``, about]),
    ),
    '',
  ].join('\n');
}

function errors(): string {
  const users = (code: string): string => {
    const routes = CALLS.filter((route) => faultsOf(route).some((known) => known === code));
    if (routes.length === 0) return 'none';
    if (routes.length === CALLS.length) return 'every route';
    if (routes.length > 6) return `${routes.length} routes`;
    return routes.map((route) => `\`${route.method} ${route.path}\``).join(', ');
  };
  return [
    '# Errors',
    MADE,
    'Every refusal of the API is `application/problem+json` (RFC 9457). `code` is stable, `type` is `urn:sallyport:problem:CODE`, `errors` names the fields',
    'that are wrong. Newer servers have more codes: treat an unknown one by its status. `method_not_allowed` and `not_found` also answer a path that is no route.',
    '',
    table(
      ['code', 'status', 'sentence', 'answers'],
      listFaults().map(({ code, status, message }) => [`\`${code}\``, String(status), message, users(code)]),
    ),
    '',
    '## Exit statuses of the command line',
    '',
    table(
      ['status', 'meaning'],
      Object.values(STATUSES).map(([code, meaning]) => [String(code), meaning]),
    ),
    '',
  ].join('\n');
}

function routeSection(document: JsonObject, one: Operation): string {
  const good = one.answers.filter((answer) => !answer.media.includes('application/problem+json') || answer.schema);
  const bad = one.answers.filter((answer) => answer.media.includes('application/problem+json'));
  const parameters = one.parameters.map(({ name, place, required, about, type }) => [
    `\`${name}\``,
    `${place}${required ? ', required' : ''}`,
    `${type}${about === '' ? '' : `. ${about}`}`,
  ]);
  return [
    `### ${one.method} ${one.path}`,
    '',
    one.summary,
    '',
    one.description.replaceAll('\n', '  \n'),
    ...(parameters.length === 0 ? [] : ['', table(['parameter', 'in', 'type'], parameters)]),
    ...(one.body === undefined ? [] : ['', 'Body:', '', '```text', ...schemaLines(document, one.body), '```']),
    '',
    ...good.map(
      ({ status, about, media, schema }) =>
        `- **${status}** ${schema ?? media.filter((type) => !type.includes('problem')).join(', ')}: ${about.split('\n')[0]}`,
    ),
    `- refusals: ${bad.map(({ status, about }) => `${status} ${[...about.matchAll(/^`(\w+)`/gm)].map((match) => `\`${match[1]}\``).join(' ')}`.trim()).join('; ')}`,
    '',
  ].join('\n');
}

function routes(): string {
  const document = JSON.parse(createReference(ROUTES, undefined).document()) as JsonObject;
  const operations = operationsOf(document);
  const { schemas } = document.components as { schemas: JsonObject };
  const tags = [...new Set(operations.map((one) => one.tag))];
  return [
    '# Routes',
    MADE,
    'The same as an OpenAPI 3.1 document: `GET /openapi.json` of any server; as a page: `GET /docs`.',
    '',
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      '',
      ...operations.filter((one) => one.tag === tag).map((one) => routeSection(document, one)),
    ]),
    '## Shapes',
    '',
    ...Object.entries(schemas).flatMap(([name, schema]) => [
      `### ${name}`,
      '',
      '```text',
      ...schemaLines(document, schema),
      '```',
      '',
    ]),
  ].join('\n');
}

/** Each page by its file name. */
export function printReference(): Readonly<Record<string, string>> {
  return {
    'settings.md': settings(),
    'errors.md': errors(),
    'routes.md': routes(),
    'security-events.md': securityEvents(),
  };
}
