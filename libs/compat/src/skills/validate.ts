// Is this a skill, as the open specification and its reference validator say? What we take in is narrower: see `parseSkill`.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Problem } from './front-matter.ts';
import { readYaml, type Yaml } from './strict-yaml.ts';

export interface SkillVerdict {
  readonly ok: boolean;
  readonly errors: readonly Problem[];
}

const FIELDS = new Set(['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']);
const MOST_NAME = 64;
const MOST_DESCRIPTION = 1024;
const MOST_COMPATIBILITY = 500;
const MOST_CHARACTERS = 1024 * 1024;

const verdict = (errors: readonly Problem[]): SkillVerdict => ({ ok: errors.length === 0, errors });
const length = (text: string): number => [...text].length;

/** Validates the text of a SKILL.md; with `directory`, also that it is named like its folder. Never throws on bad input. */
export function validateSkill(text: string, options: { readonly directory?: string } = {}): SkillVerdict {
  if (text.length > MOST_CHARACTERS)
    return verdict([{ code: 'too_large', detail: `longer than ${MOST_CHARACTERS} characters` }]);
  if (!text.startsWith('---')) return verdict([{ code: 'no_front_matter', detail: 'the file must begin with ---' }]);
  // The reference ends the front matter at the next three hyphens, wherever they stand.
  const end = text.indexOf('---', 3);
  if (end === -1) return verdict([{ code: 'no_front_matter', detail: 'the front matter is not closed by ---' }]);
  const read = readYaml(text.slice(3, end));
  if (!read.ok) return verdict([{ code: read.code, detail: read.detail, line: read.line }]);
  if (!(read.value instanceof Map))
    return verdict([{ code: 'wrong_type', detail: 'the front matter is not a mapping' }]);
  return verdict(judge(read.value, options.directory));
}

function judge(front: ReadonlyMap<string, Yaml>, directory: string | undefined): Problem[] {
  const errors: Problem[] = [];
  const add = (code: string, detail: string): void => void errors.push({ code, detail });
  for (const key of front.keys()) if (!FIELDS.has(key)) add('unknown_field', key);
  const [name, description, compatibility, tools] = ['name', 'description', 'compatibility', 'allowed-tools'].map(
    (key) => front.get(key),
  );
  if (typeof name !== 'string' || name.trim() === '') add('bad_name', 'name is missing');
  else judgeName(name.trim().normalize('NFKC'), directory?.normalize('NFKC'), add);
  if (typeof description !== 'string' || description.trim() === '') add('bad_description', 'description is missing');
  else if (length(description) > MOST_DESCRIPTION) add('bad_description', `longer than ${MOST_DESCRIPTION} characters`);
  if (compatibility !== undefined && (typeof compatibility !== 'string' || length(compatibility) > MOST_COMPATIBILITY))
    add('bad_compatibility', `text of at most ${MOST_COMPATIBILITY} characters`);
  const isList = Array.isArray(tools) && tools.every((tool) => typeof tool === 'string');
  if (tools !== undefined && typeof tools !== 'string' && !isList) add('wrong_type', 'allowed-tools');
  return errors;
}

function judgeName(name: string, directory: string | undefined, add: (code: string, detail: string) => void): void {
  if (length(name) > MOST_NAME) add('bad_name', `longer than ${MOST_NAME} characters`);
  if (name !== name.toLowerCase()) add('bad_name', 'not in lower case');
  if (name.startsWith('-') || name.endsWith('-')) add('bad_name', 'begins or ends with a hyphen');
  if (name.includes('--')) add('bad_name', 'holds two hyphens in a row');
  if (!/^[\p{L}\p{N}-]+$/u.test(name)) add('bad_name', 'letters, digits and hyphens only');
  if (directory !== undefined && directory !== name) add('name_mismatch', `the folder is called ${directory}`);
}

/** Validates a folder: its SKILL.md, or the lower-case file where there is no other. */
export async function validateSkillFolder(path: string): Promise<SkillVerdict> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return verdict([{ code: 'not_found', detail: 'there is no such folder' }]);
  if (!found.isDirectory()) return verdict([{ code: 'not_found', detail: 'not a folder' }]);
  const names = await readdir(path);
  const file = ['SKILL.md', 'skill.md'].find((name) => names.includes(name));
  if (file === undefined) return verdict([{ code: 'not_found', detail: 'there is no SKILL.md' }]);
  const bytes = await readFile(join(path, file)).catch(() => undefined);
  if (bytes === undefined) return verdict([{ code: 'not_found', detail: `${file} cannot be read` }]);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return validateSkill(text, { directory: basename(resolve(path)) });
  } catch {
    return verdict([{ code: 'not_text', detail: `${file} is not UTF-8` }]);
  }
}
