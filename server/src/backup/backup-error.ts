// What stands between a backup file and its target. Each is its own case for who runs the command.
export type BackupErrorCode =
  /** The file is there already; a backup replaces nothing. */
  | 'file_exists'
  | 'not_a_backup'
  /** A digest does not belong to its bytes. */
  | 'backup_damaged'
  | 'backup_truncated'
  /** Made by a later release than this. */
  | 'backup_newer'
  /** Made of a schema that this release never had. */
  | 'backup_foreign'
  /** The master key that the backup counts on is not here. */
  | 'backup_key'
  /** The folder or the database holds an installation. */
  | 'target_taken'
  /** The backup says that the bytes are in a bucket, and no bucket is set; or the other way round. */
  | 'blobs_elsewhere';

export class BackupError extends Error {
  override readonly name = 'BackupError';
  readonly code: BackupErrorCode;
  constructor(code: BackupErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
  }
}
