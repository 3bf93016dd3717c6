// The resume point of a stream of many runs: the last `seq` of each, opaque to the caller. It holds no secret and grants nothing: the
// runs of a stream are those of its address, looked up under the caller's wall.
import { fault } from '../../errors.ts';
import { asId, type RunId } from '../../ids.ts';

const VERSION = 1;
const ENTRY = 20;
export const MOST_RUNS = 50;

export function writeCursor(seen: ReadonlyMap<RunId, number>): string {
  const bytes = Buffer.alloc(1 + ENTRY * seen.size);
  bytes[0] = VERSION;
  let at = 1;
  for (const [id, seq] of seen) {
    bytes.write(id.replaceAll('-', ''), at, 'hex');
    bytes.writeInt32BE(seq, at + 16);
    at += ENTRY;
  }
  return bytes.toString('base64url');
}

/** Throws `invalid_request` for what no stream gave. */
export function readCursor(text: string): Map<RunId, number> {
  const bytes = Buffer.from(text, 'base64url');
  const count = (bytes.length - 1) / ENTRY;
  if (bytes[0] !== VERSION || !Number.isInteger(count) || count > MOST_RUNS || bytes.toString('base64url') !== text)
    throw fault('invalid_request', { fields: [{ path: 'Last-Event-ID', message: 'is not the id of an event' }] });
  const seen = new Map<RunId, number>();
  for (let at = 1; at < bytes.length; at += ENTRY) {
    const hex = bytes.toString('hex', at, at + 16);
    const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    seen.set(asId(id), Math.max(-1, bytes.readInt32BE(at + 16)));
  }
  return seen;
}
