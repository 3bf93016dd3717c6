// Each workspace names exactly what it imports: shipped code in `dependencies`, tests in `devDependencies`; exact versions, one
// version of each package, and arrows between workspaces that only fall (floors.json `workspaces`).
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { isProduct, readFloors } from './floors.ts';
import { readSources, type Source } from './list-sources.ts';
import { packageOf, readImports } from './read-imports.ts';
import { eachRun } from './read-tokens.ts';

type Versions = Readonly<Record<string, string>>;

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
  readonly peerDependencies?: Versions;
}

interface Workspace {
  /** From the root of the tree; '' for the root itself. */
  readonly folder: string;
  readonly manifest: Manifest;
  readonly sources: readonly Source[];
}

const EXACT = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;
/** Packages of one program for one machine: chosen by a computed name, so no import names them. */
const PLATFORM = /^(.*?)-?(?:linux|darwin)-(?:x64|arm64)$/;

async function readWorkspaces(root: string, known: readonly string[]): Promise<Workspace[]> {
  const sources = await readSources(root);
  const read = async (folder: string): Promise<Manifest> =>
    JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')) as Manifest;
  const folders = new Set((await read('')).workspaces?.filter((folder) => !folder.endsWith('/*')));
  for (const { path } of sources)
    for (const folder of known.filter((name) => name.endsWith('/*')))
      if (path.startsWith(folder.slice(0, -1))) folders.add(path.split('/').slice(0, 2).join('/'));
  const owner = (path: string): string => [...folders].find((folder) => path.startsWith(`${folder}/`)) ?? '';
  return Promise.all(
    ['', ...folders].map(async (folder) => ({
      folder,
      manifest: await read(folder),
      sources: sources.filter(({ path }) => owner(path) === folder),
    })),
  );
}

/** Packages that the sources import; `ships` when shipped code needs it to run or its types to be read. */
function importedPackages(workspace: Workspace): Map<string, boolean> {
  const imported = new Map<string, boolean>();
  for (const { path, tokens } of workspace.sources)
    for (const { specifier } of readImports(tokens)) {
      if (specifier === undefined || specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const name = packageOf(specifier);
      imported.set(name, (imported.get(name) ?? false) || isProduct(path));
    }
  return imported;
}

function judgeImports(workspace: Workspace): string[] {
  const { manifest } = workspace;
  const where = join(workspace.folder, 'package.json');
  const runs = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.peerDependencies };
  return [...importedPackages(workspace)].flatMap(([name, ships]) => {
    if (name === manifest.name || name in runs) return [];
    if (!(name in (manifest.devDependencies ?? {}))) return [`${where}: ${name} is imported and not named`];
    return ships ? [`${where}: ${name} is shipped and stands in devDependencies`] : [];
  });
}

/** All the text in which a package may be named without an import: `require.resolve('typescript/package.json')`. */
function spokenText(workspace: Workspace): string {
  const parts: string[] = [];
  for (const { tokens } of workspace.sources)
    eachRun(tokens, (run) => {
      for (const token of run) parts.push(...(token.kind === 'string' ? [token.text] : (token.strings ?? [])));
    });
  return parts.join('\n');
}

function isUsed(name: string, imported: ReadonlyMap<string, boolean>, spoken: string): boolean {
  if (imported.has(name)) return true;
  if (name.startsWith('@types/')) return name === '@types/node' || imported.has(name.slice('@types/'.length));
  const family = PLATFORM.exec(name)?.[1];
  return spoken
    .split('\n')
    .some((text) => text === name || text === family || text === `${family}-` || text.startsWith(`${name}/`));
}

function judgeUnused(workspace: Workspace): string[] {
  const { manifest } = workspace;
  const imported = importedPackages(workspace);
  const spoken = spokenText(workspace);
  const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  return Object.keys(named)
    .filter((name) => !isUsed(name, imported, spoken))
    .map((name) => `${join(workspace.folder, 'package.json')}: ${name} is named and never imported`);
}

function judgeVersions(workspaces: readonly Workspace[]): string[] {
  const faults: string[] = [];
  const chosen = new Map<string, string>(workspaces.map(({ manifest }) => [manifest.name, manifest.version]));
  for (const { folder, manifest } of workspaces)
    for (const named of [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies])
      for (const [name, version] of Object.entries(named ?? {})) {
        const where = join(folder, 'package.json');
        if (!EXACT.test(version)) faults.push(`${where}: ${name}@${version} is not an exact version`);
        const other = chosen.get(name);
        if (other !== undefined && other !== version)
          faults.push(`${where}: ${name} at ${version}, elsewhere at ${other}`);
        chosen.set(name, other ?? version);
      }
  return faults;
}

function mayDependOn(rules: Readonly<Record<string, readonly string[]>>, from: string, to: string): boolean {
  const rule = rules[from] ?? rules[`${dirname(from)}/*`];
  return (
    rule?.some((allowed) => allowed === to || (allowed.endsWith('/*') && dirname(to) === allowed.slice(0, -2))) ?? false
  );
}

/** Arrows by package name in the manifest, and by a relative path in an import. The root may reach everything. */
function judgeArrows(workspaces: readonly Workspace[], rules: Readonly<Record<string, readonly string[]>>): string[] {
  const byName = new Map(workspaces.map(({ manifest, folder }) => [manifest.name, folder]));
  return workspaces.flatMap(({ folder, manifest, sources }) => {
    if (folder === '') return [];
    const named = Object.keys({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    });
    const faults = named
      .map((name) => byName.get(name))
      .filter((to) => to !== undefined && !mayDependOn(rules, folder, to))
      .map((to) => `${join(folder, 'package.json')}: ${folder} may not depend on ${to}`);
    for (const { path, tokens } of sources)
      for (const { specifier } of readImports(tokens)) {
        if (specifier?.startsWith('.') !== true) continue;
        const target = normalize(join(dirname(path), specifier));
        if (
          !target.startsWith(`${folder}/`) &&
          workspaces.some((other) => other.folder !== '' && target.startsWith(`${other.folder}/`))
        )
          faults.push(`${path}: ${specifier} leaves the workspace by a path`);
      }
    return faults;
  });
}

export async function checkManifests(root: string): Promise<string[]> {
  const { workspaces: rules } = await readFloors(root);
  const workspaces = await readWorkspaces(root, Object.keys(rules));
  return [
    ...workspaces.flatMap((workspace) => [...judgeImports(workspace), ...judgeUnused(workspace)]),
    ...judgeVersions(workspaces),
    ...judgeArrows(workspaces, rules),
  ];
}
