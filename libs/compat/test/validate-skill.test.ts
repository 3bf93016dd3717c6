import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSkill, validateSkill, validateSkillFolder } from '../src/compat.ts';
import { CASES } from './skill-cases.ts';

test('skills are decided as the open specification and its reference validator decide them', () => {
  assert.ok(CASES.length >= 50, `${CASES.length}`);
  const wrong = CASES.filter(
    ({ text, directory, valid }) => validateSkill(text, { ...(directory && { directory }) }).ok !== valid,
  );
  assert.deepEqual(
    wrong.map(({ about, text, directory }) => [about, validateSkill(text, { ...(directory && { directory }) }).errors]),
    [],
  );
});

test('what we take in is a skill to the reference validator too', () => {
  for (const { about, text, directory = 'a-skill', valid } of CASES)
    if (parseSkill(text, directory).ok) assert.ok(valid, about);
  const inside = '---\nname: a-skill\ndescription: a --- b\n---\n';
  assert.ok(
    validateSkill(inside).ok && !parseSkill(inside, 'a-skill').ok,
    'the reference reads the description as "a"',
  );
});

test('every refusal says why, and no text makes the validator throw', () => {
  for (const { about, text, directory, valid } of CASES) {
    const { errors } = validateSkill(text, { ...(directory && { directory }) });
    if (!valid) assert.ok(errors.every(({ code, detail }) => code !== '' && detail !== '') && errors.length > 0, about);
    for (let cut = 0; cut < text.length; cut += 7) {
      validateSkill(text.slice(0, cut));
      validateSkill(`${text.slice(0, cut)}\u0000"'|>-: #${text.slice(cut)}`);
    }
  }
});

test('a folder is judged by its file: the lower-case name is valid to the reference, and our import refuses it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-skill-'));
  const text = '---\nname: a-skill\ndescription: Does a thing.\n---\n';
  const make = async (file: string, content: string | Uint8Array): Promise<string> => {
    const folder = join(root, file.replace(/\W/g, '-'), 'a-skill');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, file), content);
    return folder;
  };
  try {
    assert.equal((await validateSkillFolder(await make('SKILL.md', text))).ok, true);
    assert.equal((await validateSkillFolder(await make('skill.md', text))).ok, true);
    assert.equal((await validateSkillFolder(await make('README.md', text))).ok, false);
    assert.equal((await validateSkillFolder(join(root, 'none'))).ok, false);
    const latin = await make('SKILL.md', Buffer.from('---\nname: a-skill\ndescription: \xe9\n---\n', 'latin1'));
    assert.deepEqual(
      (await validateSkillFolder(latin)).errors.map(({ code }) => code),
      ['not_text'],
    );
  } finally {
    await rm(root, { recursive: true });
  }
});
