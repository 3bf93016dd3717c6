// What a tool is: its label, its arguments, and a run that answers with what is to be committed. A tool never writes an event itself.
import type { EventData } from '@sallyport/contracts';
import type { Effect, Label, Session, ToolLabel } from '@sallyport/flow';
import type { NewArtifact, StoredBlob } from '../artifacts/artifacts.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import type { Database, TenantScope } from '../db/db.ts';
import type { EgressWays, Governed } from '../egress/egress.ts';
import type { NewEntity } from '../entities/entities.ts';
import type { RunId } from '../ids.ts';
import type { DocumentParser } from '../parse/parse.ts';
import type { RunPrincipal } from '../principal.ts';
import type { ToolRequest } from '../prompt/prompt.ts';
import type { RunGrant } from '../runs/runs.ts';

/** Removed one at a time by tests and proofs only (DEC-011). */
export interface GatewayDoors {
  readonly grant: boolean;
  readonly provenance: boolean;
  readonly ledger: boolean;
  readonly binding: boolean;
  readonly spending: boolean;
}

/** What one call is decided and recorded in. */
export interface GatewayContext {
  readonly db: Database;
  readonly principal: RunPrincipal;
  readonly grant: RunGrant;
  /** Tools of this release and of this tenant, whether granted or not. */
  readonly tools: readonly Tool[];
  /** In which the calls of this run are decided; it has seen all that the journal holds. */
  readonly session: Session;
  readonly doors: GatewayDoors;
  /** Calls of each tool that this run began already. */
  readonly used: ReadonlyMap<string, number>;
  readonly minted: ReadonlySet<string>;
  /** The log of the run grew. */
  readonly touched: () => void;
  /** People are asked about a call; `count` is how often in this run (R20). */
  readonly asked: (what: { readonly tool: string; readonly rule: string; readonly count: number }) => void;
  /** A hop of a tool's call was blocked, as the journal says it. */
  readonly blocked: (what: Omit<EventData<'egress.blocked'>, 'call_id'>) => void;
  /** The gateway refused this call. */
  readonly refused: (reason: string) => void;
  readonly services: Omit<ToolServices, 'scope' | 'runId' | 'effectKey' | 'egress' | 'openSecret'> & {
    readonly ways: EgressWays;
  };
}

/** A call that the journal holds without an outcome. */
export interface CallRequest extends ToolRequest {
  /** How often it was begun. */
  readonly started: number;
  /** People were asked about it under this digest, and approved it. */
  readonly approved?: { readonly digest: string };
}

export interface ToolServices {
  readonly scope: TenantScope;
  readonly runId: RunId;
  /** The same however often the call is begun; for services that take an idempotency key. */
  readonly effectKey: string;
  /** A secret of the tenant for a call to this place; undefined when there is none for it. */
  readonly openSecret: (
    name: string,
    place: { readonly host: string; readonly port: number },
  ) => Promise<string | undefined>;
  /** Under the lists and limits of the tenant. Throws `EgressError` only. */
  readonly egress: Governed;
  readonly parser: DocumentParser;
  readonly blobs: BlobStore;
  /** Label of everything the run has read so far; what it writes carries it. */
  readonly session: Label;
  readonly allowedLinks: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Asked before every connect: false once the worker may be superseded. */
  readonly mayStart: () => boolean;
}

export interface ToolOutput {
  /** Plain data for the model; text from outside is under `content` and is sanitised and wrapped by the gateway. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly content?: { readonly source: string; readonly text: string };
  readonly label: Label;
  readonly bytes: number;
  readonly artifact?: { readonly blob: StoredBlob; readonly row: Omit<NewArtifact, 'id' | 'runId' | 'effectKey'> };
  readonly entity?: Omit<NewEntity, 'id' | 'runId' | 'effectKey'>;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly effect: Effect;
  /** A repeat under the same key does nothing twice: it is begun again after a crash. Any other is unknown then, until a person looks. */
  readonly idempotent: boolean;
  /** Of a tool that is not built in; the labels of those are in `libs/flow`. */
  readonly label?: ToolLabel;
  /** The whole declaration of a tool that a tenant declared, as far as it is no secret. */
  readonly declared?: unknown;
  /** JSON Schema of the arguments, closed. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Undefined when the arguments do not fit; unknown keys are refused. */
  parse(args: Readonly<Record<string, unknown>>): ParsedArguments | undefined;
  run(args: ParsedArguments, services: ToolServices): Promise<ToolOutput>;
}

export interface ParsedArguments {
  readonly url?: string;
  readonly artifactId?: string;
  readonly entityType?: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** The request may have arrived and its answer did not: nobody knows what it did. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
  readonly reason: string;
  constructor(reason: string, options?: ErrorOptions) {
    super(`the outcome is unknown: ${reason}`, options);
    this.reason = reason;
  }
}

/** A failure that the model may hear of: the message is safe for it. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure';
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, message: string, retryable = false) {
    super(message);
    this.code = code;
    this.retryable = retryable;
  }
}
