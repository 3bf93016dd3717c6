// The log lines that the measurement runs over: drawn from a seed, of the kinds that a server writes, one of ten with a secret.

export function createDraw(seed: number): (most: number) => number {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

const WORDS =
  'started finished request worker claimed lease renewed page fetched bytes stored tenant budget settled waiting for approval'.split(
    ' ',
  );
const HEX = '0123456789abcdef';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

export function makeRecords(seed: number, count: number): Record<string, unknown>[] {
  const draw = createDraw(seed);
  const from = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[draw(alphabet.length)]).join('');
  const uuid = (): string => [8, 4, 4, 4, 12].map((length) => from(HEX, length)).join('-');
  const words = (length: number): string => Array.from({ length }, () => WORDS[draw(WORDS.length)]).join(' ');
  return Array.from({ length: count }, (_each, index) => ({
    level: ['debug', 'info', 'warn', 'error'][draw(4)],
    time: new Date(1_790_000_000_000 + index * 1000).toISOString(),
    event: words(2),
    tenant_id: uuid(),
    run_id: uuid(),
    request_id: from(LETTERS, 22),
    method: ['GET', 'POST', 'DELETE'][draw(3)],
    route: '/v1/runs/{id}/events',
    status: 200 + draw(300),
    duration_ms: draw(4000) / 10,
    detail: `${words(6)} in ${draw(900)} ms: https://site${draw(99)}.example/${words(1)}/${draw(1000)}?page=${draw(9)}`,
    ...(draw(3) === 0
      ? {
          error: {
            name: 'TypeError',
            message: words(5),
            stack: `TypeError: ${words(5)}\n    at run (/srv/app/server/src/agent/step.ts:${draw(300)}:11)`,
          },
        }
      : {}),
    ...(draw(10) === 0
      ? { headers: { host: 'a.example', authorization: `Bearer ${from(LETTERS, 40)}`, accept: 'application/json' } }
      : {}),
    ...(draw(20) === 0 ? { note: `retry with token=${from(LETTERS, 30)} and wait` } : {}),
  }));
}
