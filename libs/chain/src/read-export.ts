// Reads the lines of an export; knows nothing of hashes.
import type { AuditHeader } from './audit-record.ts';
import { ChainError } from './chain-error.ts';
import type { ExportedEvent, ExportHeader } from './judge.ts';

const MOST_LINE = 8 * 1024 * 1024;

/** Reads an export: a header line, then one JSON event a line. Throws `ChainError('bad_export')`. */
export async function parseExport(
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<{ header: ExportHeader; events: ExportedEvent[] }> {
  let header: ExportHeader | undefined;
  const events: ExportedEvent[] = [];
  for await (const line of lines) {
    if (line.trim() === '') continue;
    if (header === undefined) header = parseHeader(line);
    else events.push(parseEvent(line));
  }
  if (header === undefined) throw new ChainError('bad_export', 'the export is empty');
  return { header, events };
}

export function parseHeader(line: string): ExportHeader {
  const value = parseLine(line);
  if (value.sallyport_export === 1) return value as unknown as ExportHeader;
  throw new ChainError('bad_export', 'the first line is not the header of an export');
}

export function parseEvent(line: string): ExportedEvent {
  return parseLine(line) as unknown as ExportedEvent;
}

/** One line as a JSON object of bounded length. Throws `ChainError('bad_export')`. */
export function parseLine(line: string): Record<string, unknown> {
  if (line.length > MOST_LINE) throw new ChainError('bad_export', `a line is longer than ${MOST_LINE} characters`);
  try {
    const value: unknown = JSON.parse(line);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // falls through to the one refusal
  }
  throw new ChainError('bad_export', 'a line is not a JSON object');
}

export function readAuditHeader(value: Record<string, unknown>): AuditHeader {
  if (value.sallyport_audit === 1) return value as unknown as AuditHeader;
  throw new ChainError('bad_export', 'the first line is not the header of an audit export');
}
