// How long a line may be, and which of its characters are spelt out (LG1, LG5).

export const MOST_LINE_BYTES = 16 * 1024;
const MOST_OF_FIELD = 200;

/** Controls that JSON leaves as they are: DEL and C1 for terminals, line separators, what turns or hides text, tags that no eye sees. */
const ACTIVE = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Such characters stand inside strings only, where an escape means the same. */
export function inertLine(line: string): string {
  return line.replace(ACTIVE, (found) =>
    Array.from(
      { length: found.length },
      (_each, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** The line, or one that keeps of each field what names things and says that it was cut. */
export function boundLine(line: string): string {
  // No character takes more than three bytes a unit.
  if (line.length * 3 <= MOST_LINE_BYTES || Buffer.byteLength(line) <= MOST_LINE_BYTES) return line;
  const fields = JSON.parse(line) as Record<string, unknown>;
  const kept = Object.entries(fields)
    .slice(0, 40)
    .map(([name, value]) => [
      name.slice(0, 40),
      typeof value === 'number' || typeof value === 'boolean' ? value : shown(value).slice(0, MOST_OF_FIELD),
    ]);
  return `${JSON.stringify({ ...Object.fromEntries(kept), cut: true })}\n`;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value.replace(/[\p{C}]/gu, '?') : '[cut]';
}
