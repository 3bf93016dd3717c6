// The museum of recorded streams: its pieces are as they were left, whole, and of every release.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTRACT_RELEASES } from '../src/contracts.ts';
import { findMuseumFaults, pieceNames, readPiece } from './museum.ts';

test('no piece was changed, lost or left without a digest', () => assert.deepEqual(findMuseumFaults(), []));

test('there is a piece of every release, and each holds every event type of it in the version of it', () => {
  for (const { date, versions } of CONTRACT_RELEASES) {
    assert.ok(pieceNames().includes(date), `npm run streams -- ${date}`);
    const events = readPiece(date).runs.flatMap(({ pages }) => pages.flatMap(({ data }) => data));
    const seen = new Set(events.map(({ type, version }) => `${type}@${version}`));
    for (const [type, version] of versions) assert.ok(seen.has(`${type}@${version}`), `${date}: ${type}@${version}`);
  }
});
