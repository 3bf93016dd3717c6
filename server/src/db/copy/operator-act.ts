// A record in the operator's chain by the migrator: for acts upon the whole installation, done beside a server.
import { type ConnectOptions, directClient } from '../connection.ts';

export interface OperatorRecord {
  readonly id: string;
  readonly body: string;
  readonly digest: Uint8Array;
}

/** Once for each id, however often it is called. */
export async function recordOperatorAct(
  connect: ConnectOptions,
  prefix: string,
  record: OperatorRecord,
): Promise<void> {
  const client = directClient(connect, 'sallyport operator');
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`set local role ${prefix}_registrar`);
    await client.query('select sys.append_operator($1, $2, $3)', [record.id, record.body, record.digest]);
    await client.query('commit');
  } finally {
    await client.end();
  }
}
