// What a sender could put into an archive, and the code by which each of it is turned away. A sound one passes, however its ZIP was made.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestFolder } from '@sallyport/compat';
import { Fault } from '../../src/errors.ts';
import { packFolder, unpackFolder } from '../../src/skills/folder/folder.ts';
import { readArchive } from '../../src/skills/skills.ts';
import { skillText, type ZipItem, zip } from '../skill-folder.ts';

const MAIN: ZipItem = { name: 'page-notes/SKILL.md', text: skillText() };
const withFile = (name: string, more: Partial<ZipItem> = {}): Buffer =>
  zip([MAIN, { name: `page-notes/${name}`, text: 'x', ...more }]);
const many = (count: number, folder = ''): ZipItem[] =>
  Array.from({ length: count }, (_, at) => ({ name: `page-notes/${folder}f${at}`, text: 'x' }));

function codesOf(bytes: Uint8Array): string[] {
  try {
    readArchive(bytes);
    return [];
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, 'invalid_skill');
    return (error.options.fields ?? []).map(({ code }) => code ?? '');
  }
}

const sound = zip([MAIN]);
const UNICODE_PATH = Buffer.from('7570090001000000006162', 'hex');

const REFUSED: Readonly<Record<string, readonly [Uint8Array, string]>> = {
  'an empty body': [Buffer.alloc(0), 'not_an_archive'],
  'a body that is no archive': [Buffer.from('hello, this is no archive at all, is it'), 'not_an_archive'],
  'an archive that is cut': [sound.subarray(0, -10), 'not_an_archive'],
  'an archive behind other bytes': [zip([MAIN], { prefix: '#!/bin/sh\n' }), 'not_an_archive'],
  'an archive with a comment': [zip([MAIN], { comment: 'PK' }), 'not_an_archive'],
  'an archive with another name in the local header': [
    zip([{ ...MAIN, localName: 'page-notes/SKILL.mx' }]),
    'not_an_archive',
  ],
  'two entries of one name': [zip([MAIN, MAIN]), 'not_an_archive'],
  'a second name in an extra field': [zip([{ ...MAIN, extra: UNICODE_PATH }]), 'not_an_archive'],
  'a name that is not said to be UTF-8': [withFile('ä.md', { flags: 0 }), 'not_an_archive'],
  'a wrong checksum': [flip(zip([{ ...MAIN, text: `${skillText()}MARK` }]), 'MARK'), 'not_an_archive'],
  'an encrypted entry': [withFile('a', { flags: (1 << 11) | 1 }), 'encrypted'],
  'an archive of no file': [zip([{ name: 'page-notes/', mode: 0o040755 }]), 'no_folder'],
  'files beside the folder': [zip([MAIN, { name: 'other.md', text: 'x' }]), 'no_folder'],
  'two folders': [zip([MAIN, { name: 'other/a.md', text: 'x' }]), 'no_folder'],
  'files without a folder': [zip([{ name: 'SKILL.md', text: skillText() }]), 'no_folder'],
  'a way out': [withFile('../../etc/passwd'), 'traversal'],
  'a way out by another sign': [withFile('..\\..\\etc\\passwd'), 'traversal'],
  'an absolute name': [withFile('/etc/passwd'), 'traversal'],
  'a drive': [withFile('C:/a'), 'traversal'],
  'a dot': [withFile('a/./b'), 'traversal'],
  'a symbolic link': [withFile('link', { mode: 0o120777, text: '/etc/passwd' }), 'link'],
  'a link to a folder, and a file below it': [
    zip([MAIN, { name: 'page-notes/d', text: '/tmp', mode: 0o120777 }, { name: 'page-notes/d/a', text: 'x' }]),
    'link',
  ],
  'a device': [withFile('device', { mode: 0o020644 }), 'special_file'],
  'a pipe': [withFile('pipe', { mode: 0o010644 }), 'special_file'],
  'a bomb that hides its size': [
    withFile('bomb', { text: Buffer.alloc(64 << 20), deflate: true, claims: 10 }),
    'expands_too_far',
  ],
  'a bomb that states its size': [withFile('bomb', { text: Buffer.alloc(64 << 20), deflate: true }), 'expands_too_far'],
  'many small bombs': [
    zip([MAIN, ...many(90).map((one) => ({ ...one, text: Buffer.alloc(20_000), deflate: true }))]),
    'expands_too_far',
  ],
  'too many files': [zip([MAIN, ...many(100)]), 'too_many_files'],
  'very many folders': [
    zip([MAIN, ...Array.from({ length: 1000 }, (_, at) => ({ name: `page-notes/d${at}/`, mode: 0o040755 }))]),
    'too_many_files',
  ],
  'a file that is too deep': [withFile('a/b/c/d/e/f/g'), 'too_deep'],
  'a name that is too long': [withFile(`${'a'.repeat(300)}.md`), 'bad_path'],
  'a hidden file': [withFile('.env'), 'hidden_file'],
  'a hidden folder': [withFile('.git/config'), 'hidden_file'],
  'a name with a control sign': [withFile('a\u0007b'), 'bad_name'],
  'a name with a line break': [withFile('a\nb'), 'bad_name'],
  'a name that turns its reading': [withFile('a\u202etxt.exe'), 'bad_name'],
  'a name that is not in NFC': [withFile('cafe\u0301.md'), 'bad_name'],
  'a name that ends with a dot': [withFile('a.'), 'bad_name'],
  'a device of Windows': [withFile('aux.md'), 'bad_name'],
  'an empty segment': [withFile('a//b'), 'bad_name'],
  'names that differ in case': [
    zip([MAIN, ...['a.md', 'A.md'].map((name) => ({ name: `page-notes/${name}` }))]),
    'duplicate_name',
  ],
  'folders that differ in case': [
    zip([MAIN, ...['d/a', 'D/b'].map((name) => ({ name: `page-notes/${name}` }))]),
    'duplicate_name',
  ],
  'names that NFKC makes one': [
    zip([MAIN, ...['ﬁle', 'file'].map((name) => ({ name: `page-notes/${name}` }))]),
    'duplicate_name',
  ],
  'names that case folding makes one': [
    zip([MAIN, ...['straße', 'STRASSE'].map((name) => ({ name: `page-notes/${name}` }))]),
    'duplicate_name',
  ],
  'a file that is a folder too': [
    zip([MAIN, ...['a', 'a/b'].map((name) => ({ name: `page-notes/${name}` }))]),
    'duplicate_name',
  ],
  'skill.md in lower case': [zip([{ name: 'page-notes/skill.md', text: skillText() }]), 'skill_md_case'],
  'SKILL.MD': [zip([{ name: 'page-notes/SKILL.MD', text: skillText() }]), 'skill_md_case'],
  'SKILL.md and skill.md': [zip([MAIN, { name: 'page-notes/skill.md', text: 'x' }]), 'duplicate_name'],
  'no SKILL.md': [zip([{ name: 'page-notes/README.md', text: 'x' }]), 'no_skill_md'],
  'SKILL.md in a folder below': [zip([{ name: 'page-notes/a/SKILL.md', text: skillText() }]), 'no_skill_md'],
};

/** Changes the last byte of a mark within the content. */
function flip(archive: Buffer, mark: string): Buffer {
  const changed = Buffer.from(archive);
  const at = changed.indexOf(mark);
  assert.notEqual(at, -1);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

for (const [name, [archive, code]] of Object.entries(REFUSED))
  test(`${name} is refused as ${code}`, () => assert.ok(codesOf(archive).includes(code), codesOf(archive).join()));

test('an archive passes, stored, deflated or streamed, with entries for its folders or without', () => {
  const deep: ZipItem = { name: 'page-notes/references/räume (2).md', text: 'a'.repeat(500) };
  const folders = [
    { name: 'page-notes/', mode: 0o040755 },
    { name: 'page-notes/references/', mode: 0o040755 },
  ];
  const ways: readonly (readonly ZipItem[])[] = [
    [MAIN, deep],
    [deep, MAIN],
    [...folders, { ...MAIN, deflate: true }, { ...deep, deflate: true }],
    [
      { ...MAIN, deflate: true, streamed: true },
      { ...deep, streamed: true },
    ],
  ];
  const digests = ways.map((items) => {
    const { name, files } = readArchive(zip(items));
    assert.deepEqual([name, files.length], ['page-notes', 2]);
    return digestFolder(files);
  });
  assert.equal(new Set(digests).size, 1, 'the digest is of the folder, however it came');
});

test('the archive of the usual tool passes', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'sp-zip-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, 'page-notes/assets'), { recursive: true });
  writeFileSync(join(home, 'page-notes/SKILL.md'), skillText());
  writeFileSync(join(home, 'page-notes/assets/a.txt'), 'a'.repeat(1_000));
  const made = spawnSync('python3', ['-c', "import shutil; shutil.make_archive('out', 'zip', '.', 'page-notes')"], {
    cwd: home,
  });
  if (made.error !== undefined || made.status !== 0) return t.skip('there is no python3 here');
  assert.deepEqual(codesOf(readFileSync(join(home, 'out.zip'))), []);
});

test('a folder is kept as the bytes of its digest, and one changed byte of them is seen', () => {
  const files = [
    { path: 'b.md', bytes: Buffer.from('two') },
    { path: 'a.md', bytes: Buffer.from('') },
  ];
  const { packed, digest } = packFolder(files);
  assert.deepEqual(
    unpackFolder(packed, digest).map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]),
    [
      ['a.md', ''],
      ['b.md', 'two'],
    ],
  );
  for (let at = 0; at < packed.length; at++) {
    const changed = Buffer.from(packed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => unpackFolder(changed, digest), /not what was stored/, `byte ${at}`);
  }
  for (let length = 0; length < packed.length; length++)
    assert.throws(() => unpackFolder(packed.subarray(0, length), digest), /not what was stored/, `${length} bytes`);
});
