// Holds every answer that a test gets against what its route says of itself: status, code, media type and shape.
import assert from 'node:assert/strict';
import { checker, Problem } from '@sallyport/contracts';
import { faultsOf, ROUTES, type Route } from '../../src/http/http.ts';

export interface Given {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

const CALLS = ROUTES.filter((route) => route.kind === 'call');
const checkProblem = checker(Problem);

function routeOf(method: string, path: string): Route | undefined {
  const asked = path.split('?')[0]?.split('/') ?? [];
  return CALLS.find((route) => {
    const parts = route.path.split('/');
    return (
      route.method === method &&
      parts.length === asked.length &&
      parts.every((part, at) => part.startsWith('{') || part === asked[at])
    );
  });
}

function demandShape(what: string, schema: Parameters<typeof checker>[0], json: unknown): void {
  const checked = checker(schema)(json);
  assert.ok(checked.ok, `${what} is not of its shape: ${JSON.stringify(checked)} in ${JSON.stringify(json)}`);
}

/** Throws when the route does not say that it may answer so. A path of no route is not judged. */
export function demandDocumented(method: string, path: string, answer: Given): void {
  const route = routeOf(method, path);
  // A route that says nothing of its answers is found by the test of the reference.
  if (route === undefined || route.answers.length === 0) return;
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const what = `${method} ${route.path} ${answer.status} ${type}`;
  if (type === 'application/problem+json') {
    demandShape(what, Problem, answer.json);
    const checked = checkProblem(answer.json);
    const code = checked.ok ? checked.value.code : '';
    assert.ok(
      faultsOf(route).some((known) => known === code),
      `${what}: ${code} is not in the reference`,
    );
    return;
  }
  const specs = route.answers.filter((spec) => spec.status === answer.status);
  assert.ok(specs.length > 0, `${what}: the status is not in the reference`);
  if (answer.status === 204) return;
  const json = specs.find((spec) => spec.body !== undefined);
  if (type === 'application/json' && json?.body !== undefined) demandShape(what, json.body, answer.json);
  else
    assert.ok(
      specs.some((spec) => spec.media?.includes(type)),
      `${what}: the media type is not in the reference`,
    );
}
