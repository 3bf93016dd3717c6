// Owns the skills that a run may name: read from folders, checked strictly, identified by the digest of the whole folder.
// Promises that a skill is a request: the grant of a run is what a person stated, cut by what the skill asks for.
// Must never run anything from a skill's folder (DEC-010).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFolder, type Skill as ParsedSkill, parseSkill } from '@sallyport/compat';
import { fault } from '../errors.ts';

const MOST_FILES = 100;
const MOST_BYTES = 1024 * 1024;

export interface Skill {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** SHA-256 of the whole folder, lower-case hex. */
  readonly digest: string;
  readonly body: string;
  readonly tools: readonly string[];
  readonly egress: readonly string[];
  readonly entityTypes: readonly string[];
  readonly budget: { readonly tokens: number; readonly cost: string; readonly seconds: number; readonly calls: number };
}

export interface Skills {
  list(): readonly Skill[];
  /** Finds by `name` or `name@version`. */
  find(reference: string): Skill | undefined;
}

async function readFolder(root: string, at = ''): Promise<{ path: string; bytes: Uint8Array }[]> {
  const files: { path: string; bytes: Uint8Array }[] = [];
  for (const entry of await readdir(join(root, at), { withFileTypes: true })) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await readFolder(root, path)));
    else if (entry.isFile()) files.push({ path, bytes: await readFile(join(root, path)) });
    else throw fault('invalid_skill', { detail: `${path} is neither a file nor a folder` });
    if (files.length > MOST_FILES) throw fault('invalid_skill', { detail: `more than ${MOST_FILES} files` });
  }
  return files;
}

async function loadSkill(folder: string, name: string): Promise<Skill> {
  const files = await readFolder(folder);
  if (files.reduce((sum, file) => sum + file.bytes.length, 0) > MOST_BYTES)
    throw fault('invalid_skill', { detail: `${name} is larger than ${MOST_BYTES} bytes` });
  const main = files.find((file) => file.path === 'SKILL.md');
  if (main === undefined) throw fault('invalid_skill', { detail: `${name} has no SKILL.md` });
  const parsed = parseSkill(new TextDecoder('utf-8', { fatal: true }).decode(main.bytes), name);
  if (!parsed.ok) throw fault('invalid_skill', { detail: `${name}: ${JSON.stringify(parsed.problems.slice(0, 3))}` });
  return fromParsed(parsed.skill, digestFolder(files));
}

function fromParsed(skill: ParsedSkill, digest: string): Skill {
  const { budget } = skill.sallyport;
  return {
    name: skill.name,
    version: skill.sallyport.version ?? '0.0.0',
    description: skill.description,
    digest,
    body: skill.body,
    tools: skill.sallyport.tools.map((request) => request.tool),
    egress: skill.sallyport.egress,
    entityTypes: skill.sallyport.entities,
    budget: {
      tokens: budget.tokens ?? 100_000,
      cost: budget.usd ?? '1.00',
      seconds: budget.seconds ?? 600,
      calls: budget.calls ?? 40,
    },
  };
}

/** Reads every folder below `root`. A folder that is not a valid skill stops the start: nothing is half there. */
export async function loadSkills(root: string): Promise<Skills> {
  const entries = await readdir(root, { withFileTypes: true });
  const skills = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => loadSkill(join(root, entry.name), entry.name)),
  );
  return {
    list: () => skills,
    find: (reference) => {
      const [name, version] = reference.split('@');
      return skills.find((skill) => skill.name === name && (version === undefined || skill.version === version));
    },
  };
}
