export type EmbeddedErrorCode =
  | 'binaries_missing'
  | 'data_unwritable'
  | 'wrong_owner'
  | 'locked'
  | 'start_failed'
  | 'not_running'
  | 'no_user';

/** What went wrong and the command that mends it; `code` narrows it. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
  readonly code: EmbeddedErrorCode;
  constructor(code: EmbeddedErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}
