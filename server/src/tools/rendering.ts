// What the model sees of a result: every string sanitised and cut, text from outside wrapped in a fresh boundary.
import { type Label, sanitize, wrapUntrusted } from '@sallyport/flow';
import type { ToolOutput } from './tool.ts';

const MOST_STRING = 4_000;
const MOST_DEPTH = 4;

export interface Rendering {
  /** A JSON text. */
  readonly text: string;
  /** Hidden characters and control tokens that were made harmless. */
  readonly findings: number;
}

/** Renders a result with the ids that the platform minted for it. */
export function render(output: ToolOutput, label: Label, minted: Readonly<Record<string, string>>): Rendering {
  let findings = 0;
  const clean = (text: string): string => {
    const done = sanitize(text);
    findings += done.findings.reduce((sum, finding) => sum + finding.count, 0);
    return done.text;
  };
  const visit = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return clean(value.slice(0, MOST_STRING));
    if (value === null || typeof value !== 'object' || depth >= MOST_DEPTH) return value;
    if (Array.isArray(value)) return value.map((item) => visit(item, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visit(item, depth + 1)]));
  };
  const fields = visit(output.fields, 0) as Record<string, unknown>;
  const content =
    output.content === undefined
      ? {}
      : { content: wrapUntrusted({ source: output.content.source, label, text: clean(output.content.text) }) };
  return { text: JSON.stringify({ ...fields, ...minted, ...content }), findings };
}
