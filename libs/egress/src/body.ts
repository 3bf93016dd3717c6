// Passes a body on with bounds: wire bytes, decoded bytes, their ratio, and two codings at most (R15). Holds no more than a chunk.
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { EgressError } from './egress-error.ts';

const RATIO = 100;
const RATIO_FROM = 1024 * 1024;
const MOST_CODINGS = 2;
/** RFC 8878 asks decoders to manage 8 MiB; a larger window is memory that the sender chooses. */
const ZSTD_WINDOW_LOG = 23;
const CODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'br', 'deflate', 'zstd']);

export interface Consumer {
  /** False asks for a pause until `resume` of the body is called. */
  data(chunk: Uint8Array): boolean;
  end(): void;
  fail(error: EgressError): void;
}

/** The connection below a body. */
export interface Flow {
  pause(): void;
  resume(): void;
  /** Destroys the socket. */
  abort(error: EgressError): void;
}

export interface BodyRules {
  readonly maxBytes: number;
  /** Sizes count from one blank line to the next. */
  readonly perMessage: boolean;
}

/** The codings in the order in which they were applied. Throws `EgressError('encoding')`. */
export function readCodings(header: string): readonly string[] {
  const codings = header
    .toLowerCase()
    .split(',', 20)
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MOST_CODINGS) throw new EgressError('encoding', 'more than two content codings');
  if (!codings.every((coding) => CODINGS.has(coding))) throw new EgressError('encoding', 'an unknown content coding');
  return codings;
}

function createDecoder(coding: string, first: number): Transform {
  if (coding === 'br') return zlib.createBrotliDecompress();
  if (coding === 'zstd')
    return zlib.createZstdDecompress({ params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } });
  if (coding !== 'deflate') return zlib.createGunzip();
  // Servers send both the zlib format that the standard means and raw deflate; the first byte tells them apart.
  return (first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw();
}

export class Body {
  /** Bytes as received. */
  wire = 0;
  /** Bytes as handed on. */
  decoded = 0;
  readonly #codings: readonly string[];
  readonly #rules: BodyRules;
  readonly #consumer: Consumer;
  readonly #flow: Flow;
  #stages: Transform[] | undefined;
  #message = 0;
  #atLineStart = false;
  #done = false;

  constructor(codings: readonly string[], rules: BodyRules, consumer: Consumer, flow: Flow) {
    this.#codings = codings;
    this.#rules = rules;
    this.#consumer = consumer;
    this.#flow = flow;
  }

  write(chunk: Uint8Array): void {
    if (this.#done) return;
    this.wire += chunk.length;
    if (!this.#rules.perMessage && this.wire > this.#rules.maxBytes)
      this.stop(new EgressError('too-large', `more than ${this.#rules.maxBytes} bytes on the wire`));
    else if (this.#codings.length > 0) this.#decode(chunk);
    else if (!this.#pass(chunk)) this.#flow.pause();
  }

  #decode(chunk: Uint8Array): void {
    this.#stages ??= this.#openStages(chunk[0] ?? 0);
    const [first] = this.#stages;
    if (first?.write(chunk) === false) {
      this.#flow.pause();
      first.once('drain', () => this.#flow.resume());
    }
  }

  end(): void {
    if (this.#done) return;
    if (this.#stages === undefined) this.#finish();
    else this.#stages[0]?.end();
  }

  /** The connection failed. */
  fail(error: EgressError): void {
    if (this.#done) return;
    this.#done = true;
    this.#closeStages();
    this.#consumer.fail(error);
  }

  /** Ends body and connection with this error. */
  stop(error: EgressError): void {
    if (this.#done) return;
    this.fail(error);
    this.#flow.abort(error);
  }

  /** Enough has been read: the consumer sees an end, and the rest goes with its socket. */
  cut(): void {
    if (this.#done) return;
    this.#finish();
    this.#flow.abort(new EgressError('too-large', 'the rest of a body that nobody reads'));
  }

  /** The consumer has room again. */
  resume(): void {
    if (this.#done) return;
    const last = this.#stages?.at(-1);
    if (last === undefined) this.#flow.resume();
    else last.resume();
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#closeStages();
    this.#consumer.end();
  }

  #openStages(first: number): Transform[] {
    const broken = (): void => this.stop(new EgressError('encoding', 'the body does not decode'));
    // Only the outermost coding is seen on the wire; the format of an inner deflate is the standard's.
    const stages = [...this.#codings].reverse().map((coding, at) => createDecoder(coding, at === 0 ? first : 8));
    stages.forEach((stage, at) => {
      stage.on('error', broken);
      const next = stages[at + 1];
      if (next !== undefined) stage.pipe(next);
    });
    stages
      .at(-1)
      ?.on('data', (chunk: Uint8Array) => {
        if (!this.#done && !this.#pass(chunk)) stages.at(-1)?.pause();
      })
      .on('end', () => this.#finish());
    return stages;
  }

  #closeStages(): void {
    for (const stage of this.#stages ?? []) stage.destroy();
  }

  /** Counts and hands on; true when more may come at once. */
  #pass(chunk: Uint8Array): boolean {
    this.decoded += chunk.length;
    const size = this.#rules.perMessage ? this.#measureMessage(chunk) : this.decoded;
    if (size > this.#rules.maxBytes)
      this.stop(new EgressError('too-large', `more than ${this.#rules.maxBytes} decoded bytes`));
    else if (this.#codings.length > 0 && this.decoded > RATIO_FROM && this.decoded > this.wire * RATIO)
      this.stop(new EgressError('ratio', `decodes to more than ${RATIO} times its size`));
    return this.#done || this.#consumer.data(chunk);
  }

  /** The largest size that a message reached within this chunk; a blank line ends a message. */
  #measureMessage(chunk: Uint8Array): number {
    let largest = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      this.#message++;
      if (byte === 0x0a) {
        if (this.#atLineStart) {
          largest = Math.max(largest, this.#message);
          this.#message = 0;
        }
        this.#atLineStart = true;
      } else if (byte !== 0x0d) this.#atLineStart = false;
    }
    return Math.max(largest, this.#message);
  }
}
