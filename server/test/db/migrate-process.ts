// Migrates as a process of its own, to be killed: argv holds the connection, the prefix and the folder of the migrations.
import { pathToFileURL } from 'node:url';
import { migrate } from '../../src/db/db.ts';

const [host = '', port = '', database = '', prefix = '', folder = ''] = process.argv.slice(2);
await migrate({
  direct: { host, port: Number(port), user: 'postgres', database },
  prefix,
  folder: pathToFileURL(`${folder}/`),
});
