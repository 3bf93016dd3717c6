// Actions: calls of an HTTP service that a tenant declares as tools. The declaration is the deployer's word; what an agent may vary is named in it.
import { Type } from 'typebox';
import { type Answered, Confidentiality, closed, Integrity, Time, Uuid } from './shapes.ts';

const oneOf = <const W extends readonly string[]>(words: W) =>
  Type.Unsafe<W[number]>(Type.Union(words.map((word) => Type.Literal(word))));
const Scalar = Type.Union([Type.String({ maxLength: 200 }), Type.Number(), Type.Boolean()]);

export const ActionArgument = closed({
  /** `target`, `param` and `query` must be justified; `content` may say anything but name a place; `meta` is a switch or a bound. */
  role: oneOf(['target', 'param', 'content', 'meta', 'query']),
  type: oneOf(['string', 'number', 'integer', 'boolean']),
  /** Where it goes: into its place in the path, the query, or the JSON body. */
  in: oneOf(['path', 'query', 'body']),
  required: Type.Optional(Type.Boolean()),
  max_length: Type.Optional(Type.Integer({ minimum: 1, maximum: 20_000 })),
  /** The only values. */
  one_of: Type.Optional(Type.Array(Scalar, { minItems: 1, maxItems: 50 })),
});

const ArgumentName = '^[a-z][a-z0-9_]{0,39}$';

export const CreateAction = closed({
  /** `service.verb`. */
  name: Type.String({ pattern: '^[a-z][a-z0-9_]{0,29}\\.[a-z][a-z0-9_]{0,29}$' }),
  description: Type.String({ minLength: 1, maxLength: 1_000 }),
  effect: oneOf(['egress', 'send', 'pay', 'destroy', 'credential']),
  method: oneOf(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** Scheme, host and port are fixed; `{name}` may stand for a segment of the path. */
  url: Type.String({ minLength: 10, maxLength: 2_000, pattern: '^https?://[^/{}?#@]+/[^#]*$' }),
  arguments: Type.Record(Type.String({ pattern: ArgumentName }), ActionArgument, { maxProperties: 50 }),
  /** Headers whose value is a secret of the tenant; a secret goes nowhere else, and to its own hosts alone. */
  secret_headers: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,63}$' }),
      closed({
        secret: Type.String({ minLength: 1, maxLength: 100 }),
        prefix: Type.Optional(Type.String({ maxLength: 40, pattern: '^[\\x20-\\x7e]*$' })),
      }),
      { maxProperties: 5 },
    ),
  ),
  /** The service does nothing twice under one `Idempotency-Key`. Any other call that was lost is unknown until a person looks. */
  idempotent: Type.Optional(Type.Boolean()),
  /** `untrusted` and `private` unless told. */
  output: Type.Optional(
    closed({ integrity: Type.Optional(Integrity), confidentiality: Type.Optional(Confidentiality) }),
  ),
});
export type CreateAction = {
  readonly name: string;
  readonly description: string;
  readonly effect: 'egress' | 'send' | 'pay' | 'destroy' | 'credential';
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly arguments: Readonly<Record<string, ActionArgument>>;
  readonly secret_headers?: Readonly<Record<string, { readonly secret: string; readonly prefix?: string }>>;
  readonly idempotent?: boolean;
  readonly output?: {
    readonly integrity?: 'trusted' | 'untrusted';
    readonly confidentiality?: 'public' | 'private';
  };
};
export type ActionArgument = {
  readonly role: 'target' | 'param' | 'content' | 'meta' | 'query';
  readonly type: 'string' | 'number' | 'integer' | 'boolean';
  readonly in: 'path' | 'query' | 'body';
  readonly required?: boolean;
  readonly max_length?: number;
  readonly one_of?: readonly (string | number | boolean)[];
};

export const Action = closed({
  id: Uuid,
  tenant_id: Uuid,
  declaration: CreateAction,
  created_by: Uuid,
  created_at: Time,
});
export type Action = Omit<Answered<typeof Action>, 'declaration'> & { readonly declaration: CreateAction };
