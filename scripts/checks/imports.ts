// The shape of the house: imports fall, a room is entered by its door, each third-party package has one door, no circle.
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';
import { listSources } from './list-sources.ts';

interface Floors {
  readonly rooms: Readonly<Record<string, number>>;
  readonly doors: Readonly<Record<string, readonly string[]>>;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+'([^']+)'|\bimport\('([^']+)'\)|(?:^|\n)import\s+'([^']+)'/g;

/** Room of a server file: the folder below server/src, or the file itself. */
function roomOf(path: string): string | undefined {
  const match = /^server\/src\/([^/]+)/.exec(path);
  return match?.[1];
}

function judge(floors: Floors, from: string, to: string, specifier: string): string | undefined {
  const here = roomOf(from);
  const there = roomOf(to);
  if (here === undefined || there === undefined || here === there) return undefined;
  const low = floors.rooms[there];
  const high = floors.rooms[here];
  if (low === undefined || high === undefined)
    return `${from}: a room without a floor: ${low === undefined ? there : here}`;
  if (low >= high) return `${from}: an arrow up, floor ${high} imports ${specifier} on floor ${low}`;
  const door = there.endsWith('.ts') ? `server/src/${there}` : `server/src/${there}/${there}.ts`;
  return to === door ? undefined : `${from}: ${there}/ is entered beside its door`;
}

function thirdParty(floors: Floors, from: string, specifier: string): string | undefined {
  const owner = Object.keys(floors.doors).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  if (owner === undefined || floors.doors[owner]?.some((folder) => from.startsWith(folder)) === true) return undefined;
  return `${from}: ${owner} may be imported only in ${floors.doors[owner]?.join(', ')}`;
}

/** Faults of the whole tree, each a sentence that names the file. Tests may import anything. */
export async function checkImports(root: string): Promise<string[]> {
  const floors = JSON.parse(await readFile(join(root, 'floors.json'), 'utf8')) as Floors;
  const faults: string[] = [];
  const graph = new Map<string, string[]>();
  for (const path of (await listSources(root)).filter((name) => name.includes('/src/'))) {
    const text = await readFile(join(root, path), 'utf8');
    const arrows: string[] = [];
    for (const match of text.matchAll(IMPORT)) {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      if (!specifier.startsWith('.')) {
        const fault = thirdParty(floors, path, specifier);
        if (fault !== undefined) faults.push(fault);
        continue;
      }
      const to = relative(root, normalize(join(root, dirname(path), specifier)));
      const fault = judge(floors, path, to, specifier);
      if (fault !== undefined) faults.push(fault);
      if (!match[0].trimStart().startsWith('import type')) arrows.push(to);
    }
    graph.set(path, arrows);
  }
  return [...faults, ...findCircles(graph)];
}

function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (at: string, path: readonly string[]): void => {
    if (path.includes(at)) {
      circles.push(`a circle: ${[...path.slice(path.indexOf(at)), at].join(' -> ')}`);
      return;
    }
    if (done.has(at)) return;
    for (const next of graph.get(at) ?? []) visit(next, [...path, at]);
    done.add(at);
  };
  for (const start of graph.keys()) visit(start, []);
  return circles;
}
