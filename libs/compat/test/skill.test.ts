import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { digestFolder, parseSkill } from '../src/compat.ts';

const file = (front: string, body = 'Do it.'): string => `---\n${front}\n---\n\n${body}\n`;
const good = 'name: a-skill\ndescription: Does a thing.';

test('the shipped skills are valid and ask for what they need', () => {
  for (const name of ['web-digest', 'document-digest']) {
    const parsed = parseSkill(readFileSync(new URL(`../../../skills/${name}/SKILL.md`, import.meta.url), 'utf8'), name);
    assert.ok(parsed.ok, JSON.stringify(parsed));
    assert.ok(parsed.skill.sallyport.tools.some(({ tool }) => tool === 'artifact.write'));
    assert.deepEqual(parsed.skill.sallyport.egress, name === 'web-digest' ? ['@input'] : []);
  }
});

test('files that another reader could read differently are refused with a code', () => {
  const rows: [string, string, string][] = [
    ['no front matter', 'hello', 'no_front_matter'],
    ['unclosed', '---\nname: a-skill', 'no_front_matter'],
    ['unknown field', file(`${good}\nversion: 1`), 'unknown_field'],
    ['duplicate key', file(`${good}\nname: b`), 'duplicate_key'],
    ['anchor', file('name: &x a-skill\ndescription: d'), 'yaml_unsupported'],
    ['alias', file('name: a-skill\ndescription: *x'), 'yaml_unsupported'],
    ['flow map', file(`${good}\nmetadata: {a: b}`), 'yaml_unsupported'],
    ['tag', file('name: !!str a-skill\ndescription: d'), 'yaml_unsupported'],
    ['upper case', file('name: A-skill\ndescription: d'), 'bad_name'],
    ['double hyphen', file('name: a--skill\ndescription: d'), 'bad_name'],
    ['another folder', file('name: b-skill\ndescription: d'), 'name_mismatch'],
    ['no description', file('name: a-skill'), 'bad_description'],
    ['long description', file(`name: a-skill\ndescription: ${'x'.repeat(1025)}`), 'bad_description'],
    ['unknown key of ours', file(`${good}\nmetadata:\n  sallyport/power: all`), 'unknown_key'],
    ['bad tool', file(`${good}\nmetadata:\n  sallyport/tools: everything`), 'bad_tool'],
    ['bad egress', file(`${good}\nmetadata:\n  sallyport/egress: "*"`), 'yaml_unsupported|bad_egress'],
    ['egress without port', file(`${good}\nmetadata:\n  sallyport/egress: example.com`), 'bad_egress'],
    ['bad budget', file(`${good}\nmetadata:\n  sallyport/budget: usd=lots`), 'bad_budget'],
    ['deep map', file(`${good}\nmetadata:\n    a: b`), 'yaml_invalid'],
    ['metadata as text', file(`${good}\nmetadata: text`), 'wrong_type'],
    ['null byte', file(`${good}\nlicense: a\0b`), 'not_text'],
  ];
  for (const [what, text, code] of rows) {
    const parsed = parseSkill(text, 'a-skill');
    assert.ok(!parsed.ok, what);
    assert.ok(
      parsed.problems.some((problem) => code.split('|').includes(problem.code)),
      `${what}: ${JSON.stringify(parsed.problems)}`,
    );
  }
});

test('the digest depends on every path and byte, and not on the order of reading', () => {
  const a = { path: 'a', bytes: Buffer.from('1') };
  const b = { path: 'b', bytes: Buffer.from('2') };
  assert.equal(digestFolder([a, b]), digestFolder([b, a]));
  assert.notEqual(digestFolder([a, b]), digestFolder([{ path: 'ab', bytes: Buffer.from('12') }]));
  assert.notEqual(digestFolder([a]), digestFolder([{ ...a, bytes: Buffer.from('3') }]));
});
