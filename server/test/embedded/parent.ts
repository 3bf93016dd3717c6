// A process that starts the embedded database, says so, and waits to be killed.
import { startEmbedded } from '../../src/embedded/embedded.ts';

const [dataDir = '', sharedDir = ''] = process.argv.slice(2);
const embedded = await startEmbedded({ dataDir, sharedDir });
process.stdout.write(
  `${JSON.stringify({ pid: embedded.pid, cluster: embedded.cluster, socketDir: embedded.socketDir })}\n`,
);
process.stdin.resume();
