// Why a key was not replaced. Each is its own case for who runs the command.
export type RotationErrorCode =
  /** A node that is alive does not hold the new key yet. */
  | 'nodes_behind'
  /** The keys come from settings, and there is none newer than the one in use. */
  | 'no_new_key'
  /** Nobody enters by such a key here. */
  | 'nothing_to_rotate'
  | 'unknown_tenant';

export class RotationError extends Error {
  override readonly name = 'RotationError';
  readonly code: RotationErrorCode;
  constructor(code: RotationErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
