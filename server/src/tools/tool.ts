// What a tool is: its label, its arguments, and a run that answers with what is to be committed. A tool never writes an event itself.
import type { Label } from '@sallyport/flow';
import type { NewArtifact, StoredBlob } from '../artifacts/artifacts.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import type { Database, TenantScope } from '../db/db.ts';
import type { EgressWays, Governed } from '../egress/egress.ts';
import type { NewEntity } from '../entities/entities.ts';
import type { RunId } from '../ids.ts';
import type { DocumentParser } from '../parse/parse.ts';
import type { RunPrincipal } from '../principal.ts';
import type { RunGrant } from '../runs/runs.ts';

/** Removed one at a time by tests and proofs only (DEC-011). */
export interface GatewayDoors {
  readonly grant: boolean;
  readonly provenance: boolean;
  readonly ledger: boolean;
}

/** What one call is decided and recorded in. */
export interface GatewayContext {
  readonly db: Database;
  readonly principal: RunPrincipal;
  readonly grant: RunGrant;
  /** What a person said, apart from the grant: normalised URLs and artifact ids. */
  readonly stated: { readonly urls: ReadonlySet<string>; readonly artifacts: ReadonlySet<string> };
  readonly doors: GatewayDoors;
  /** Calls of each tool that this run began already. */
  readonly used: ReadonlyMap<string, number>;
  readonly minted: ReadonlySet<string>;
  /** The log of the run grew. */
  readonly touched: () => void;
  readonly services: Omit<ToolServices, 'scope' | 'runId' | 'egress'> & { readonly ways: EgressWays };
}

export interface ToolServices {
  readonly scope: TenantScope;
  readonly runId: RunId;
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
  readonly effect: 'read' | 'egress' | 'write';
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
