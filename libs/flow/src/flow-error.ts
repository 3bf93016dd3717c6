export type FlowErrorCode = 'not_json' | 'too_large' | 'bad_option' | 'bad_approval' | 'bad_trace';

/** A mistake of the caller. What a model does wrong is a verdict, never an exception. */
export class FlowError extends Error {
  override readonly name = 'FlowError';
  readonly code: FlowErrorCode;
  constructor(code: FlowErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
