// What a writer of each version wrote, by `event NAME@VERSION` and `entity NAME@VERSION`: for every test that asks what a reader makes of it.
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../fixtures/', import.meta.url);

export type Fixtures = ReadonlyMap<string, readonly object[]>;

export function readFixtures(): Fixtures {
  const found = ['control', 'entity', 'event'].flatMap((kind) =>
    readdirSync(new URL(`${kind}/`, FOLDER)).map((file): [string, object[]] => {
      const text = readFileSync(new URL(`${kind}/${file}`, FOLDER), 'utf8');
      return [`${kind} ${file.replace(/\.json$/, '')}`, JSON.parse(text) as object[]];
    }),
  );
  return new Map(found);
}

/** The data of events of one version. */
export function fixturesOf(type: string, version: number): readonly object[] {
  const found = readFixtures().get(`event ${type}@${version}`);
  if (found === undefined) throw new RangeError(`there is no fixture of ${type}@${version}`);
  return found;
}
