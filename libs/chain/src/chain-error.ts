export type ChainErrorCode = 'not_json' | 'lone_surrogate' | 'too_deep' | 'bad_export';

/** The one error of this package; `code` narrows it. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  readonly code: ChainErrorCode;
  constructor(code: ChainErrorCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}
