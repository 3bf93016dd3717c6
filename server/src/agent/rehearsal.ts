// The model that needs no network: rules, and it says so. It reads what the input names, saves an entity for each and writes a digest.
import type { Message } from '../prompt/prompt.ts';
import type { Model, ModelAnswer, ModelRequest, ProposedToolCall } from './model.ts';

const SENTENCES = 5;
const MOST_SUMMARY = 1_200;

interface Reading {
  readonly tool: string;
  readonly target: string;
  readonly result: Readonly<Record<string, unknown>>;
}

export const rehearsal: Model = {
  name: 'rehearsal',
  price: { input: '0', output: '0' },
  maxOutputTokens: 0,
  upperBound: () => ({ input: 0, output: 0 }),
  generate: async (request) => answer(request),
};

function answer(request: ModelRequest): ModelAnswer {
  const turns = request.messages.filter((message) => message.role === 'assistant');
  const has = (tool: string): boolean => request.tools.some((spec) => spec.name === tool);
  const readings = readingsOf(request.messages);
  if (turns.length === 0) {
    const calls = firstCalls(request.messages).filter((call) => has(call.tool));
    if (calls.length === 0)
      return say(
        'Rehearsal (rules, no language model): the task names no page and no document, so there is nothing to read.',
      );
    return say(`Rehearsal (rules, no language model): reading ${count(calls.length, 'source')}.`, calls);
  }
  const read = readings.filter((reading) => reading.result.error === undefined);
  if (turns.length === 1 && read.length > 0 && has('entity.save'))
    return say('Saving what was found.', read.map(entityCall));
  const wrote = turns.some((turn) => turn.calls.some((call) => call.tool === 'artifact.write'));
  if (!wrote && readings.length > 0 && has('artifact.write')) return say('Writing the digest.', [digestCall(readings)]);
  const name = wrote ? ' The digest is the artifact digest.md.' : '';
  return say(
    `Rehearsal (rules, no language model): ${read.length} of ${count(readings.length, 'source')} could be read.${name}`,
  );
}

export function say(text: string, calls: readonly ProposedToolCall[] = []): ModelAnswer {
  return {
    text,
    calls,
    finishReason: calls.length > 0 ? 'tool-calls' : 'stop',
    usage: { input: 0, output: 0, cached: 0 },
  };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The input that the prompt ends with. */
export function firstCalls(messages: readonly Message[]): ProposedToolCall[] {
  const opening = messages.find((message) => message.role === 'user')?.text ?? '';
  const json = opening.slice(opening.lastIndexOf('## Input') + '## Input'.length);
  const input = JSON.parse(json) as { urls: string[]; artifacts: string[] };
  return [
    ...input.urls.map((url) => ({ tool: 'web.scrape', arguments: { url } })),
    ...input.artifacts.map((id) => ({ tool: 'artifact.read', arguments: { artifact_id: id } })),
  ];
}

function readingsOf(messages: readonly Message[]): Reading[] {
  const requests = new Map(
    messages
      .flatMap((message) => (message.role === 'assistant' ? message.calls : []))
      .map((call) => [call.callId, call]),
  );
  return messages.flatMap((message) => {
    if (message.role !== 'tool' || (message.tool !== 'web.scrape' && message.tool !== 'artifact.read')) return [];
    const call = requests.get(message.callId);
    const target = String(call?.arguments.url ?? call?.arguments.artifact_id ?? '');
    return [{ tool: message.tool, target, result: JSON.parse(message.payload) as Record<string, unknown> }];
  });
}

function text(value: unknown, fallback = ''): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** Between the boundary lines of the wrapper. */
function contentOf(reading: Reading): string {
  return text(reading.result.content).split('\n').slice(1, -1).join('\n');
}

function summaryOf(reading: Reading): string {
  const plain = contentOf(reading)
    .replace(/```[\s\S]*?(?:```|$)/g, ' ')
    .replace(/!?\[([^\]]{0,300})\]\([^)]{0,2000}\)/g, '$1')
    .split('\n')
    .map((line) => line.replace(/^[\s>#*|-]+/, '').trim())
    .filter((line) => line.length > 40 || /[.!?]$/.test(line))
    .join(' ')
    .replace(/\s+/g, ' ');
  const sentences = plain.match(/[^.!?]{1,600}(?:[.!?]+|$)/g) ?? [];
  const summary = sentences.slice(0, SENTENCES).join('').trim().slice(0, MOST_SUMMARY);
  return summary === '' ? 'The source holds no running text.' : summary;
}

function entityCall(reading: Reading): ProposedToolCall {
  const { result } = reading;
  const title = text(result.title, 'Untitled').slice(0, 1_000);
  const shared = { title, summary: summaryOf(reading), word_count: Number(result.word_count ?? 0) };
  if (reading.tool === 'web.scrape') {
    const byline = text(result.byline);
    return {
      tool: 'entity.save',
      arguments: {
        type: 'page@1',
        attributes: { url: reading.target, ...shared, ...(byline === '' ? {} : { byline: byline.slice(0, 1_000) }) },
        evidence: text(result.artifact_id),
      },
    };
  }
  return {
    tool: 'entity.save',
    arguments: {
      type: 'document@1',
      attributes: { artifact_id: reading.target, ...shared, media_type: text(result.media_type) },
      evidence: reading.target,
    },
  };
}

function digestCall(readings: readonly Reading[]): ProposedToolCall {
  const sections = readings.map((reading) => {
    const { error } = reading.result as { error?: { message?: string } };
    if (error !== undefined) return `## ${reading.target}\n\nCould not be read: ${text(error.message, 'unknown')}`;
    const title = text(reading.result.title, 'Untitled').replace(/\s+/g, ' ');
    const words = Number(reading.result.word_count ?? 0);
    return `## ${title}\n\n${reading.target} (${count(words, 'word')})\n\n${summaryOf(reading)}`;
  });
  const head = '# Digest\n\nWritten by `rehearsal`: rules that quote the first sentences. No language model was used.';
  return {
    tool: 'artifact.write',
    arguments: {
      name: 'digest.md',
      media_type: 'text/markdown',
      content: [head, ...sections].join('\n\n').slice(0, 190_000),
    },
  };
}
