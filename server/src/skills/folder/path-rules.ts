// What a folder of a skill may hold. Each refusal has a code; the first few are told at once.
import { fault } from '../../errors.ts';

export interface SkillFile {
  /** Relative to the folder of the skill, with slashes. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export interface FolderProblem {
  readonly path: string;
  readonly message: string;
  readonly code: string;
}

export const MOST_FILES = 100;
export const MOST_BYTES = 1024 * 1024;
const MOST_DEPTH = 6;
const MOST_PATH = 240;
const MOST_PROBLEMS = 10;
const SEGMENT = /^[\p{L}\p{N}_(@][\p{L}\p{M}\p{N} ._+()@,=~#&'-]*$/u;
/** Devices of Windows, with any ending. */
const DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Throws `invalid_skill` with at most ten of the problems. */
export function refuse(problems: readonly FolderProblem[]): never {
  throw fault('invalid_skill', {
    fields: problems.slice(0, MOST_PROBLEMS).map((one) => ({ ...one, path: one.path.slice(0, 300) })),
  });
}

/** Two names are one name where case or the form of signs does not count. Upper case first: it opens what has no lower form of its own. */
function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

function judgePath(path: string): Omit<FolderProblem, 'path'> | undefined {
  if (path.length > MOST_PATH) return { code: 'bad_path', message: `longer than ${MOST_PATH} characters` };
  if (path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/.test(path))
    return { code: 'traversal', message: 'is not relative to the folder' };
  const segments = path.split('/');
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return { code: 'traversal', message: 'leaves the folder' };
  if (segments.length > MOST_DEPTH) return { code: 'too_deep', message: `deeper than ${MOST_DEPTH}` };
  for (const segment of segments) {
    if (segment.startsWith('.') || segment === '__MACOSX')
      return { code: 'hidden_file', message: 'is hidden, and no part of a skill' };
    const good = SEGMENT.test(segment) && segment === segment.normalize('NFC') && !/[ .]$/.test(segment);
    if (!good || DEVICE.test(segment))
      return {
        code: 'bad_name',
        message: 'is not a name that every system takes: letters in NFC, digits and plain signs',
      };
  }
  return undefined;
}

/** Names that meet on a system where case or form does not count, and files that are folders too. */
function judgeTwins(files: readonly SkillFile[]): FolderProblem[] {
  const seen = new Map<string, { readonly exact: string; readonly kind: 'file' | 'folder' }>();
  const problems: FolderProblem[] = [];
  for (const { path } of files) {
    const segments = path.split('/');
    for (let depth = 1; depth <= segments.length; depth++) {
      const exact = segments.slice(0, depth).join('/');
      const kind = depth === segments.length ? 'file' : 'folder';
      const known = seen.get(folded(exact));
      if (known === undefined) seen.set(folded(exact), { exact, kind });
      else if (known.exact !== exact || known.kind !== kind || kind === 'file')
        problems.push({ path, code: 'duplicate_name', message: `is the same name as ${known.exact}` });
    }
  }
  return problems;
}

function judgeMain(files: readonly SkillFile[]): FolderProblem[] {
  if (files.some(({ path }) => path === 'SKILL.md')) return [];
  const other = files.find(({ path }) => folded(path) === 'skill.md');
  return other === undefined
    ? [{ path: 'SKILL.md', code: 'no_skill_md', message: 'is missing' }]
    : [{ path: other.path, code: 'skill_md_case', message: 'must be called SKILL.md' }];
}

/** Throws `invalid_skill`. */
export function demandFolder(files: readonly SkillFile[]): void {
  if (files.length > MOST_FILES)
    refuse([{ path: '', code: 'too_many_files', message: `more than ${MOST_FILES} files` }]);
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  if (bytes > MOST_BYTES) refuse([{ path: '', code: 'too_large', message: `more than ${MOST_BYTES} bytes` }]);
  const paths = files.flatMap(({ path }) => {
    const problem = judgePath(path);
    return problem === undefined ? [] : [{ path, ...problem }];
  });
  if (paths.length > 0) refuse(paths);
  const rest = [...judgeTwins(files), ...judgeMain(files)];
  if (rest.length > 0) refuse(rest);
}
