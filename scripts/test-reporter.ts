// What a test file tells the runner: one JSON line an event, and at the very end the summary without which the file did not finish.
import type { EventData } from 'node:test';
import type { TestEvent } from 'node:test/reporters';

export type Line =
  | { readonly kind: 'begun'; readonly name: string }
  | { readonly kind: 'passed'; readonly name: string; readonly ms: number }
  | { readonly kind: 'skipped'; readonly name: string; readonly why: string }
  | { readonly kind: 'failed'; readonly name: string; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'ended'; readonly tests: number; readonly success: boolean };

function describe(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  // A comparison says both sides in its message, which the stack repeats.
  return cause.stack ?? cause.message;
}

function readFail(data: EventData.TestFail): Line | undefined {
  const error: Error & { failureType?: string } = data.details.error;
  // The leaf has told it already.
  return error.failureType === 'subtestsFailed'
    ? undefined
    : { kind: 'failed', name: data.name, text: describe(error) };
}

function readEvent(event: TestEvent): Line | undefined {
  if (event.type === 'test:dequeue') return { kind: 'begun', name: event.data.name };
  if (event.type === 'test:diagnostic' && event.data.message.startsWith('Error'))
    return { kind: 'note', text: event.data.message };
  if (event.type === 'test:fail') return readFail(event.data);
  if (event.type === 'test:summary')
    return { kind: 'ended', tests: event.data.counts.tests, success: event.data.success };
  if (event.type !== 'test:pass' || event.data.details.type === 'suite') return undefined;
  const { name, skip, todo, details } = event.data;
  if (todo !== undefined) return { kind: 'failed', name, text: 'a test is written or removed, not left for later' };
  if (skip !== undefined) return { kind: 'skipped', name, why: String(skip) };
  return { kind: 'passed', name, ms: details.duration_ms };
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = readEvent(event);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}
