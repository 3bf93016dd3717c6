// One request and its answer on one connection: the handler that the HTTP client calls back.
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { Body, type BodyRules, type Consumer, type Flow, readCodings } from './body.ts';
import { EgressError } from './egress-error.ts';

const MOST_HEADER_LINES = 100;
const MOST_INFORMATIONAL = 10;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Decides what becomes of the body as soon as the headers are there; a throw ends the exchange. */
export type Choose = (answer: Answer) => Chosen;

export interface Chosen {
  readonly consumer: Consumer;
  /** The bytes are not used, so neither their size nor their coding matters. */
  readonly discards?: boolean;
  attach(body: Body): void;
}

export class Exchange implements Dispatcher.DispatchHandler, Flow {
  readonly #hop: number;
  readonly #head: boolean;
  readonly #rules: BodyRules;
  readonly #mayStart: () => boolean;
  readonly #onStart: () => void;
  readonly #choose: Choose;
  readonly #onEnd: (error: EgressError | undefined) => void;
  readonly #answered = Promise.withResolvers<Answer>();
  #controller: Dispatcher.DispatchController | undefined;
  #error: EgressError | undefined;
  #body: Body | undefined;
  #informational = 0;
  #ended = false;

  constructor(
    request: {
      readonly hop: number;
      readonly head: boolean;
      readonly rules: BodyRules;
      readonly mayStart: () => boolean;
      /** The request has its socket and its first byte is about to go. */
      readonly onStart: () => void;
    },
    choose: Choose,
    onEnd: (error: EgressError | undefined) => void,
  ) {
    this.#hop = request.hop;
    this.#head = request.head;
    this.#rules = request.rules;
    this.#mayStart = request.mayStart;
    this.#onStart = request.onStart;
    this.#choose = choose;
    this.#onEnd = onEnd;
    // Who only waits for the end of the exchange does not listen here.
    this.#answered.promise.catch(() => undefined);
  }

  get answer(): Promise<Answer> {
    return this.#answered.promise;
  }
  get wireBytes(): number {
    return this.#body?.wire ?? 0;
  }
  get decodedBytes(): number {
    return this.#body?.decoded ?? 0;
  }

  pause(): void {
    this.#controller?.pause();
  }
  resume(): void {
    this.#controller?.resume();
  }
  abort(error: EgressError): void {
    this.#error ??= error;
    this.#finish(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#onStart();
    // The last moment before the first byte: a worker that was superseded while it waited sends none.
    if (this.#error === undefined && !this.#mayStart())
      this.abort(new EgressError('not-started', 'the caller may not begin a call any more', this.#hop));
    if (this.#error !== undefined) controller.abort(this.#error);
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController): void {
    controller.abort(new EgressError('connect', 'the server changed the protocol', this.#hop));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (this.#ended) return;
    try {
      if (status < 200) {
        this.#passInformational();
        return;
      }
      let lines = 0;
      for (const value of Object.values(headers)) lines += Array.isArray(value) ? value.length : 1;
      if (lines > MOST_HEADER_LINES) throw new EgressError('headers', `more than ${MOST_HEADER_LINES} headers`);
      const answer = { status, headers };
      const chosen = this.#choose(answer);
      const unused = this.#head || status === 204 || status === 304 || chosen.discards === true;
      const perMessage = this.#rules.perMessage && /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
      const maxBytes = chosen.discards === true ? Number.POSITIVE_INFINITY : this.#rules.maxBytes;
      if (!unused && !perMessage && Number(headers['content-length'] ?? 0) > maxBytes)
        throw new EgressError('too-large', `more than ${maxBytes} bytes announced`);
      const codings = unused ? [] : readCodings(flat(headers['content-encoding']));
      const rules = { maxBytes, perMessage };
      this.#body = new Body(codings, rules, this.#watch(chosen.consumer), this);
      chosen.attach(this.#body);
      this.#answered.resolve(answer);
    } catch (error) {
      const refusal =
        error instanceof EgressError ? error : new EgressError('headers', 'headers that cannot be read', 0, error);
      this.abort(refusal.at(this.#hop));
    }
  }

  /** Early hints are skipped, but not without end. */
  #passInformational(): void {
    if (++this.#informational > MOST_INFORMATIONAL)
      throw new EgressError('headers', 'informational answers without end');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#body?.write(chunk);
  }
  onResponseEnd(): void {
    this.#body?.end();
  }
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(this.#error ?? translate(error, this.#hop));
  }

  #watch(consumer: Consumer): Consumer {
    return {
      data: (chunk) => consumer.data(chunk),
      end: () => {
        consumer.end();
        this.#settle(undefined);
      },
      fail: (error) => {
        consumer.fail(error.at(this.#hop));
        this.#settle(error.at(this.#hop));
      },
    };
  }

  #finish(error: EgressError): void {
    this.#answered.reject(error);
    if (this.#body === undefined) this.#settle(error);
    else this.#body.fail(error);
  }

  #settle(error: EgressError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(error);
  }
}

function flat(value: string | string[] | undefined): string {
  return Array.isArray(value) ? value.join(', ') : (value ?? '');
}

const CODES: Readonly<Record<string, readonly ['timeout' | 'headers' | 'connect', string]>> = {
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'no headers in time'],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'a body that fell silent'],
  UND_ERR_HEADERS_OVERFLOW: ['headers', 'headers that are too long'],
  UND_ERR_CONNECT_TIMEOUT: ['connect', 'no connection in time'],
  HPE_HEADER_OVERFLOW: ['headers', 'headers that are too long'],
};

/** Every error of the HTTP client becomes one of ours; nothing else leaves this package. */
function translate(error: unknown, hop: number): EgressError {
  if (error instanceof EgressError) return error.at(hop);
  const fault = error instanceof Error ? error : new Error('not an error');
  if (fault.cause instanceof EgressError) return fault.cause.at(hop);
  const [code, detail] = CODES[String('code' in fault ? fault.code : '')] ?? ['connect', fault.message.slice(0, 200)];
  return new EgressError(code, detail, hop, error);
}
