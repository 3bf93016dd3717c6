// The shape of the house: imports fall, a room is entered by its door, each third-party package has one door, some names are
// confined to a few folders, no circle.
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { type Floors, isProduct, readFloors } from './floors.ts';
import { readSources, type Source } from './list-sources.ts';
import { type Import, packageOf, readImports } from './read-imports.ts';

const OURS = /^(?:@sallyport\/[^/]+|sallyport)$/;

/** Room of a server file: the folder below server/src, or the file itself. */
function roomOf(path: string): string | undefined {
  const match = /^server\/src\/([^/]+)/.exec(path);
  return match?.[1];
}

function judgeRoom(floors: Floors, from: string, to: string, specifier: string): string[] {
  const here = roomOf(from);
  const there = roomOf(to);
  if (here === undefined || there === undefined || here === there) return [];
  const low = floors.rooms[there];
  const high = floors.rooms[here];
  if (low === undefined || high === undefined)
    return [`${from}: a room without a floor: ${low === undefined ? there : here}`];
  if (low >= high) return [`${from}: an arrow up, floor ${high} imports ${specifier} on floor ${low}`];
  const door = there.endsWith('.ts') ? `server/src/${there}` : `server/src/${there}/${there}.ts`;
  return to === door ? [] : [`${from}: ${there}/ is entered beside its door`];
}

function judgePackage(floors: Floors, from: string, specifier: string): string[] {
  const name = isBuiltin(specifier) && !specifier.startsWith('node:') ? `node:${specifier}` : specifier;
  const owner = Object.keys(floors.doors).find((door) => name === door || name.startsWith(`${door}/`));
  if (owner === undefined)
    return name.startsWith('node:') || OURS.test(packageOf(name))
      ? []
      : [`${from}: ${packageOf(name)} has no door in floors.json`];
  const folders = floors.doors[owner] ?? [];
  if (folders.some((folder) => from.startsWith(folder))) return [];
  return [`${from}: ${owner} may be imported only in ${folders.join(', ')}`];
}

function judgeNames(floors: Floors, from: string, target: string, taken: Import): string[] {
  return Object.entries(floors.confined[target] ?? {}).flatMap(([name, folders]) => {
    if (!taken.names.includes(name) && !taken.names.includes('*')) return [];
    if (taken.passedOn) return [`${from}: ${name} of ${target} is confined and may not be passed on`];
    if (folders.some((folder) => from.startsWith(folder))) return [];
    return [`${from}: ${name} of ${target} may be imported only in ${folders.join(', ')}`];
  });
}

function judgeFile(floors: Floors, source: Source): { faults: string[]; arrows: string[] } {
  const from = source.path;
  const faults: string[] = [];
  const arrows: string[] = [];
  for (const taken of readImports(source.tokens)) {
    const { specifier } = taken;
    if (specifier === undefined) {
      faults.push(`${from}:${taken.line}: a computed import hides what is imported`);
      continue;
    }
    const relative = specifier.startsWith('.');
    const to = relative ? normalize(join(dirname(from), specifier)) : specifier;
    faults.push(...judgeNames(floors, from, to, taken));
    if (!relative) faults.push(...judgePackage(floors, from, specifier));
    else {
      faults.push(...judgeRoom(floors, from, to, specifier));
      arrows.push(to);
    }
  }
  return { faults, arrows };
}

/** Faults of the whole tree, each a sentence that names the file. */
export async function checkImports(root: string): Promise<string[]> {
  const floors = await readFloors(root);
  const faults: string[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const source of (await readSources(root)).filter(({ path }) => isProduct(path))) {
    const judged = judgeFile(floors, source);
    faults.push(...judged.faults);
    graph.set(source.path, judged.arrows);
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
