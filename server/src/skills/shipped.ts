// The skills of the release, or of the folder that the operator named in its place: approved by who installed them.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { MOST_BYTES, MOST_FILES, type SkillFile } from './folder/folder.ts';
import { type Skill, skillOf } from './skill.ts';

export interface ShippedSkill extends Skill {
  readonly files: readonly SkillFile[];
}

export interface Skills {
  list(): readonly ShippedSkill[];
  /** Finds by `name` or `name@version`. */
  find(reference: string): ShippedSkill | undefined;
}

async function readFolder(root: string, at = ''): Promise<SkillFile[]> {
  const files: SkillFile[] = [];
  for (const entry of await readdir(join(root, at), { withFileTypes: true })) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await readFolder(root, path)));
    else if (entry.isFile()) files.push({ path, bytes: await readFile(join(root, path)) });
    else throw fault('invalid_skill', { detail: `${path} is neither a file nor a folder` });
    if (files.length > MOST_FILES) throw fault('invalid_skill', { detail: `more than ${MOST_FILES} files` });
  }
  return files;
}

async function loadSkill(folder: string, name: string): Promise<ShippedSkill> {
  const files = await readFolder(folder);
  if (files.reduce((sum, file) => sum + file.bytes.length, 0) > MOST_BYTES)
    throw fault('invalid_skill', { detail: `${name} is larger than ${MOST_BYTES} bytes` });
  try {
    return { ...skillOf(files, name), files };
  } catch (error) {
    // Whoever starts the server reads the log: it says which folder and why.
    const why = JSON.stringify((error as { options?: { fields?: unknown } }).options?.fields ?? null);
    throw fault('invalid_skill', { detail: `${name}: ${why}`, cause: error });
  }
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
