// A route as data: method, path, who may call it, what it takes. The app registers, and tests and the reference enumerate, these values.
import { type Checker, checker, NoBody, NoQuery, type Schema, type Scope, type Typed } from '@sallyport/contracts';
import type { TenantScope } from '../db/db.ts';
import { type FaultCode, fault } from '../errors.ts';
import type { KeyMemory } from '../identity/identity.ts';
import type { OperatorPrincipal, UserPrincipal } from '../principal.ts';
import type { ApiReference } from './api-reference.ts';
import type { HttpDeps } from './deps.ts';
import type { KeyUse } from './guard/key-use.ts';
import type { RateGuard } from './guard/rate-guard.ts';
import type { Answer } from './message/answer.ts';
import type { EventStreams } from './message/event-streams.ts';
import { readQuery } from './message/query.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
/** A scope, any key of a tenant, the operator, whoever has a good credential, or everybody. */
export type Access = Scope | 'tenant' | 'operator' | 'known' | 'public';

export interface Services extends HttpDeps {
  readonly streams: EventStreams;
  readonly keyUse: KeyUse;
  readonly memory: KeyMemory;
  readonly guard: RateGuard;
  readonly reference: ApiReference;
}

/** One way in which a route answers well. */
export interface AnswerSpec {
  readonly status: number;
  readonly about: string;
  /** Of a JSON body. */
  readonly body?: Schema;
  /** Types of a body that is not JSON. */
  readonly media?: readonly string[];
  /** Headers beyond those of every answer: what each says. */
  readonly headers?: Readonly<Record<string, string>>;
}

type ParamsOf<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<Rest>
  : unknown;
type PrincipalOf<A extends Access> = A extends 'operator'
  ? OperatorPrincipal
  : A extends 'public'
    ? undefined
    : A extends 'known'
      ? UserPrincipal | OperatorPrincipal
      : UserPrincipal;

/** What every handler is told about the request around its checked parts. */
export interface Incoming {
  readonly services: Services;
  /** The one value of a header; a header that was sent twice is refused. */
  header(name: string): string | undefined;
  /** The raw body of a `raw` route. */
  readonly content: AsyncIterable<Uint8Array>;
  /** Aborts when the answer has been sent or the caller has gone away. */
  readonly gone: AbortSignal;
  /** Whose address the call came from, for limits alone. */
  readonly address: string;
  /** Asks again whether the credential of this call is still good. */
  stillAllowed(): Promise<boolean>;
}

export interface RawCall extends Incoming {
  readonly principal: UserPrincipal | OperatorPrincipal | undefined;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly search: string;
}

export interface Call<P extends string, A extends Access, B extends Schema, Q extends Schema> extends Incoming {
  readonly principal: PrincipalOf<A>;
  /** The tenant of the caller; throws for a caller without one. */
  readonly scope: TenantScope;
  readonly params: ParamsOf<P>;
  readonly body: Typed<B>;
  readonly query: Typed<Q>;
}

export interface RouteSpec<P extends string, A extends Access, B extends Schema, Q extends Schema> {
  readonly method: Method;
  readonly path: P;
  readonly access: A;
  readonly summary: string;
  readonly body?: B;
  readonly query?: Q;
  /** The body is taken as bytes, of any media type. */
  readonly raw?: true;
  /** JSON pointers of ids in the body, `*` for each item: another tenant's id there is 422 `unknown_reference`. */
  readonly bodyIds?: readonly string[];
  /** How `Idempotency-Key` is honoured: `replay` answers again, `once` never does because the answer holds a secret. */
  readonly idempotency?: 'replay' | 'once';
  readonly answers: readonly AnswerSpec[];
  /** Codes beyond those that follow from the rest: see `reference/faults-of.ts`. */
  readonly faults?: readonly FaultCode[];
  /** Headers of the request that it reads: what each says. */
  readonly headers?: Readonly<Record<string, string>>;
  /** A body for the reference. */
  readonly sample?: Typed<B>;
  handle(call: Call<P, A, B, Q>): Promise<Answer>;
}

export interface Route {
  /** A call of the API, or a page (or a part of one) for a browser. */
  readonly kind: 'call' | 'page';
  readonly method: Method;
  /** With `{name}` for each id position. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly params: readonly string[];
  readonly body: Schema | undefined;
  readonly query: Schema;
  readonly raw: boolean;
  readonly bodyIds: readonly string[];
  readonly idempotency: 'replay' | 'once' | undefined;
  readonly answers: readonly AnswerSpec[];
  readonly faults: readonly FaultCode[];
  readonly headers: Readonly<Record<string, string>>;
  readonly sample: unknown;
  run(call: RawCall): Promise<Answer>;
}

/** Makes a route whose handler sees only what has been checked. */
export function route<
  const P extends string,
  A extends Access,
  B extends Schema = typeof NoBody,
  Q extends Schema = typeof NoQuery,
>(spec: RouteSpec<P, A, B, Q>): Route {
  const checkBody = checker(spec.body ?? NoBody) as Checker<Typed<B>>;
  const query = spec.query ?? NoQuery;
  const checkQuery = checker(query) as Checker<Typed<Q>>;
  return {
    kind: 'call',
    method: spec.method,
    path: spec.path,
    access: spec.access,
    summary: spec.summary,
    params: [...spec.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
    body: spec.body,
    query,
    raw: spec.raw === true,
    bodyIds: spec.bodyIds ?? [],
    idempotency: spec.idempotency,
    answers: spec.answers,
    faults: spec.faults ?? [],
    headers: spec.headers ?? {},
    sample: spec.sample,
    run: async (call) => {
      const { services, principal } = call;
      return spec.handle({
        ...call,
        principal: principal as PrincipalOf<A>,
        params: call.params as ParamsOf<P>,
        query: demand(checkQuery, readQuery(call.search, query)),
        // An absent body is the empty object: the schema says what is missing.
        body: demand(checkBody, spec.raw === true ? {} : (call.body ?? {})),
        get scope(): TenantScope {
          if (principal === undefined || principal.kind === 'operator')
            throw fault('internal', { detail: 'a caller without a tenant asked for a scope' });
          return services.db.tenant(principal);
        },
      });
    },
  };
}

function demand<T>(check: Checker<T>, value: unknown): T {
  const checked = check(value);
  if (!checked.ok) throw fault('invalid_request', { fields: checked.problems });
  return checked.value;
}
