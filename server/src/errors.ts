// Owns the one table of faults: code, HTTP status, public sentence.
// Promises that what reaches a caller is the public sentence and nothing else; details go to the log only.
// Must never carry a secret or tenant content in its public sentence.

const FAULTS = {
  invalid_request: [400, 'The request is not well formed.'],
  unsupported_contracts_version: [400, 'This release of the contracts is not supported.'],
  credential_in_url: [400, 'A credential was sent in the URL; it must be treated as exposed and revoked.'],
  conflicting_credentials: [400, 'More than one credential was sent.'],
  invalid_signature: [400, 'The signature does not belong to these bytes.'],
  wrong_mode: [400, 'The event is of another mode than this server.'],
  unauthenticated: [401, 'A valid credential is required.'],
  payment_required: [402, 'The subscription of the tenant does not allow new runs.'],
  forbidden: [403, 'The credential does not allow this.'],
  uploader_may_not: [403, 'Who uploaded the skill may not approve it.'],
  widens: [403, 'The version may do more than the approved one: approving it takes the scope skills:widen.'],
  starter_may_not: [403, 'Who started the run may not approve its calls.'],
  approver_may_not: [403, 'The policy of the tenant does not let this person approve this call.'],
  owner_only: [403, 'Only an owner of the tenant may make this laxer.'],
  not_found: [404, 'There is no such thing.'],
  method_not_allowed: [405, 'The method is not allowed here.'],
  not_acceptable: [406, 'None of the accepted types can be served.'],
  conflict: [409, 'The present state does not allow this.'],
  already_ended: [409, 'The run has ended already.'],
  already_decided: [409, 'This is not waiting for a decision any more.'],
  digest_changed: [409, 'The decision is for other bytes than those that are there.'],
  skill_not_approved: [409, 'No person of the tenant has approved the skill.'],
  card_changed: [409, 'The decision is for another card than the one that waits.'],
  too_early: [409, 'The call may still be under way; look again later.'],
  idempotency_in_flight: [409, 'A request with this Idempotency-Key is being worked on.'],
  already_created: [409, 'This Idempotency-Key has created a secret already; secrets are shown once.'],
  sealed_away: [410, 'The content is sealed under a key that does not exist any more.'],
  too_large: [413, 'The content is larger than allowed.'],
  unsupported_media_type: [415, 'The media type is not supported.'],
  misdirected: [421, 'This server does not answer under that host name.'],
  unknown_reference: [422, 'The request names something that does not exist.'],
  invalid_skill: [422, 'The skill is unknown or not valid.'],
  invalid_input: [422, 'The input does not fit the contract.'],
  unknown_model: [422, 'The model is not configured.'],
  idempotency_reused: [422, 'This Idempotency-Key was used with another request.'],
  rate_limited: [429, 'Too many requests.'],
  internal: [500, 'Something went wrong on our side.'],
  unavailable: [503, 'The service is not ready.'],
  disk_full: [507, 'The disk of the server is nearly full: nothing new is begun.'],
  migrating: [503, 'The database is being migrated.'],
  half_restored: [503, 'A restore into this database was not finished.'],
  schema_newer: [503, 'The database was migrated by a newer version.'],
  tenant_closed: [409, 'The tenant is being deleted.'],
  stale_epoch: [409, 'The run was taken over by another worker.'],
  budget_exceeded: [409, 'The budget of the run is spent.'],
  model_failed: [502, 'The model provider did not answer properly.'],
  poisoned_step: [500, 'A step of the run ended its worker twice.'],
  tampered: [500, 'Stored bytes are not what was stored.'],
  database: [500, 'The database refused the statement.'],
  configuration: [500, 'The configuration is not valid.'],
} as const satisfies Record<string, readonly [number, string]>;

export type FaultCode = keyof typeof FAULTS;

export interface FaultOptions {
  /** For the log only; never shown to a caller. */
  readonly detail?: string;
  /** For the caller: which fields are wrong. Must hold no secret. */
  readonly fields?: readonly { readonly path: string; readonly message: string; readonly code?: string }[];
  readonly cause?: unknown;
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly status: number;
  readonly publicMessage: string;
  readonly options: FaultOptions;

  constructor(code: FaultCode, options: FaultOptions = {}) {
    const [status, sentence] = FAULTS[code];
    super(options.detail === undefined ? sentence : `${sentence} ${options.detail}`, { cause: options.cause });
    this.code = code;
    this.status = status;
    this.publicMessage = sentence;
    this.options = options;
  }
}

/** A fault from the table. Throw it; refusals that are decisions are values instead (DEC-006). */
export function fault(code: FaultCode, options?: FaultOptions): Fault {
  return new Fault(code, options);
}

/** Every fault with its status and public sentence, for the reference and its tests. */
export function listFaults(): readonly { code: FaultCode; status: number; message: string }[] {
  return (Object.keys(FAULTS) as FaultCode[]).map((code) => ({
    code,
    status: FAULTS[code][0],
    message: FAULTS[code][1],
  }));
}
