// A folder as it is sent: a ZIP file with one folder in it. What two readers of ZIP files could see differently is refused.
import { ParseError, type PlainEntry, ZipFile } from '../../parse/parse.ts';
import { demandFolder, MOST_BYTES, MOST_FILES, refuse, type SkillFile } from './path-rules.ts';

export interface SentFolder {
  readonly name: string;
  readonly files: readonly SkillFile[];
}

const PROBLEMS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  document_encrypted: ['encrypted', 'the archive is encrypted'],
  document_too_large: ['expands_too_far', `the archive holds more than ${MOST_BYTES} bytes`],
};
const BROKEN = [
  'not_an_archive',
  'the body is no ZIP file with one reading: whole, without ZIP64, prefix or comment',
] as const;
/** Folders have entries too. */
const MOST_ENTRIES = 4 * MOST_FILES;

/** Throws `invalid_skill` for what is not a plain archive. */
function opened<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ParseError || error instanceof RangeError)) throw error;
    const [code, message] = (error instanceof ParseError ? PROBLEMS[error.code] : undefined) ?? BROKEN;
    return refuse([{ path: '', code, message }]);
  }
}

function demandEntries(entries: readonly PlainEntry[]): void {
  if (entries.length > MOST_ENTRIES)
    refuse([{ path: '', code: 'too_many_files', message: `more than ${MOST_FILES} files` }]);
  const strange = entries.filter(({ kind }) => kind === 'link' || kind === 'special');
  if (strange.length > 0)
    refuse(
      strange.map(({ name, kind }) =>
        kind === 'link'
          ? { path: name, code: 'link', message: 'is a link' }
          : { path: name, code: 'special_file', message: 'is neither a file nor a folder' },
      ),
    );
  const stated = entries.reduce((sum, { size }) => sum + size, 0);
  if (stated > MOST_BYTES)
    refuse([{ path: '', code: 'expands_too_far', message: `the archive holds more than ${MOST_BYTES} bytes` }]);
}

/** Throws `invalid_skill`. */
export function readArchive(bytes: Uint8Array): SentFolder {
  const zip = opened(() => new ZipFile(bytes, MOST_BYTES));
  const entries = opened(() => zip.plainEntries());
  demandEntries(entries);
  const files = entries
    .filter(({ kind }) => kind === 'file')
    .map(({ name }) => ({ path: name, bytes: opened(() => zip.read(name)) ?? new Uint8Array() }));
  const [folder = ''] = files[0]?.path.split('/') ?? [];
  const prefix = `${folder}/`;
  const strays = entries.filter(({ name }) => !name.startsWith(prefix));
  if (folder === '' || strays.length > 0)
    refuse([
      {
        path: strays[0]?.name ?? '',
        code: 'no_folder',
        message: 'the archive must hold one folder, named like the skill',
      },
    ]);
  // Judged with the folder that it came in: a name that leaves it is no name within it.
  const within = files.map((file) => ({ ...file, path: file.path.slice(prefix.length) }));
  demandFolder(within);
  return { name: folder, files: within };
}
