// A small tree of files under git, for checks that read the whole house.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const FLOORS = {
  rooms: { 'ids.ts': 0, db: 1, runs: 3, http: 6 },
  doors: { pg: ['server/src/db/'], 'node:http': ['libs/egress/'], '@ai-sdk': ['server/src/agent/'] },
  confined: { 'server/src/ids.ts': { mint: ['server/src/runs/'] } },
  globals: {
    words: ['fetch', 'WebSocket', 'EventSource', 'getBuiltinModule', 'eval'],
    refused: ['server/src/', 'libs/'],
    except: ['libs/egress/'],
  },
  workspaces: { contracts: [], 'libs/*': [], server: ['contracts', 'libs/*'], client: ['contracts'] },
};

/** Lays the files into a new folder, asks `check`, and takes the folder away. */
export async function judge(
  check: (root: string) => Promise<string[]>,
  files: Readonly<Record<string, string | object>>,
): Promise<string[]> {
  const root = mkdtempSync(join(tmpdir(), 'sallyport-tree-'));
  try {
    execFileSync('git', ['init', '-q', root]);
    for (const [path, content] of Object.entries({ 'floors.json': FLOORS, ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return await check(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
