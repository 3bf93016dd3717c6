// What the process ends with, and the one error that ends a command. The numbers from 64 on are those of sysexits.h.

export const STATUSES = {
  ok: [0, 'done; of a run: it succeeded'],
  failed: [1, 'the run failed, or a chain is broken'],
  cancelled: [2, 'the run was cancelled'],
  usage: [64, 'the command line is not right'],
  data: [65, 'the input is not what it should be'],
  no_input: [66, 'a named file, run or artifact is not there'],
  unavailable: [69, 'no server, or no database, answers'],
  internal: [70, 'something went wrong on our side'],
  cannot_create: [73, 'an output file cannot be made'],
  try_later: [75, 'the server is not ready, or limits the rate'],
  protocol: [76, 'what answered is not a Sallyport server'],
  not_permitted: [77, 'the key is missing, refused, or lies open to other users'],
  configuration: [78, 'the settings are not valid; every fault is named'],
  binaries_missing: [81, 'the PostgreSQL package for this platform is not installed'],
  data_unwritable: [82, 'the data folder cannot be written'],
  wrong_owner: [83, 'a folder belongs to another user'],
  locked: [84, 'another process holds the data folder'],
  start_failed: [85, 'the embedded database does not start'],
  no_user: [86, 'root has no other user to run the database as'],
  port_taken: [87, 'another process listens on the port'],
  schema_newer: [88, 'the database was migrated by a newer version'],
  ended: [89, 'the server ended by itself'],
  not_running: [90, 'no database runs for the data folder'],
  backup_damaged: [91, 'the backup is cut, changed, or no backup'],
  backup_newer: [92, 'the backup was made by a release or a schema that this one does not know'],
  backup_key: [93, 'the master key that the backup counts on is not here'],
  target_taken: [94, 'the target of a restore holds an installation'],
  half_restored: [95, 'the database is half restored; begin the restore again'],
  interrupted: [130, 'interrupted; a run that was followed goes on'],
} as const satisfies Record<string, readonly [number, string]>;

export type StatusName = keyof typeof STATUSES;

export function status(name: StatusName): number {
  return STATUSES[name][0];
}

/** Ends the command with a sentence for people. The sentence may hold foreign text: it is made inert when printed. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly status: StatusName;
  constructor(status: StatusName, sentence: string, cause?: unknown) {
    super(sentence, cause === undefined ? {} : { cause });
    this.status = status;
  }
}
