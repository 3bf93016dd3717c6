// What a session may do, fixed before the first untrusted byte (R7). A grant that nobody gave is read from the user's own verbs.
import { FlowError } from './flow-error.ts';
import type { Stated } from './stated.ts';
import type { Effect, ToolLabels } from './tool-label.ts';

export interface TaskGrant {
  readonly tools: readonly { readonly tool: string; readonly count?: number }[];
  readonly source: 'planner' | 'template' | 'user';
  /** Values that the user stands for beside the words of the prompt. */
  readonly values?: readonly string[];
  /** `host:port` that may be called although no URL of them was stated. */
  readonly hosts?: readonly string[];
  readonly entityTypes?: readonly string[];
  /** Links of a fetched page on a stated site that may be followed (R12b). */
  readonly follow?: { readonly depth: number; readonly count: number };
}

export interface FrozenGrant extends Omit<TaskGrant, 'source'> {
  readonly source: TaskGrant['source'] | 'prompt';
}

/** Verbs by which people ask for an effect. Nouns never count: "read the file" grants no `delete_file`. */
const VERBS: Readonly<Record<Exclude<Effect, 'read'>, string>> = {
  egress:
    'fetch open visit browse read download look summarise summarize scrape check get load crawl search find digest',
  write:
    'create add save write update schedule book make edit change set store append move rename record put note summarise summarize label mark plan reschedule digest',
  send: 'send email mail message reply respond answer forward post notify tell share invite submit publish text ping announce inform remind',
  pay: 'pay transfer buy purchase order refund settle wire donate reimburse book subscribe tip',
  destroy: 'delete remove cancel drop erase trash clear discard archive revoke purge uninstall terminate unsubscribe',
  credential: 'password login token credential key rotate authorise authorize',
};
const IRREGULAR: Readonly<Record<string, string>> = {
  sent: 'send',
  paid: 'pay',
  bought: 'buy',
  wrote: 'write',
  told: 'tell',
  made: 'make',
};
const MOST_ENTRIES = 500;

function stems(word: string): string[] {
  const plain = IRREGULAR[word] ?? word;
  const bare = plain.replace(/(?:ing|ed|es|s)$/, '');
  return [plain, plain.replace(/s$/, ''), bare, `${bare}e`, bare.replace(/(.)\1$/, '$1'), bare.replace(/i$/, 'y')];
}

function deriveGrant(labels: ToolLabels, stated: Stated): FrozenGrant {
  const said = new Set(stated.texts.flatMap((text) => (text.match(/[a-z]{2,20}/g) ?? []).flatMap(stems)));
  const tools = Object.entries(labels).filter(([tool, { effect }]) => {
    if (effect === 'read') return true;
    if (effect === 'egress' && stated.urls.size > 0) return true;
    const ours = VERBS[effect].split(' ');
    if (ours.some((verb) => said.has(verb))) return true;
    // The tool's own first word, where it is a verb of another effect: `write_note` labelled `send`.
    const [first = ''] =
      tool
        .split('.')
        .at(-1)
        ?.toLowerCase()
        .split(/[^a-z]+/) ?? [];
    return Object.values(VERBS).some((verbs) => verbs.split(' ').includes(first)) && said.has(first);
  });
  return { tools: tools.slice(0, MOST_ENTRIES).map(([tool]) => ({ tool })), source: 'prompt' };
}

function checkGrant(grant: TaskGrant): void {
  const counted = grant.tools.every(
    ({ tool, count }) =>
      typeof tool === 'string' && (count === undefined || (Number.isSafeInteger(count) && count >= 0)),
  );
  if (!counted || grant.tools.length > MOST_ENTRIES || !['planner', 'template', 'user'].includes(grant.source))
    throw new FlowError('bad_option', 'The grant is malformed.');
}

/** A copy that nobody can change. Throws `FlowError('bad_option')`. */
export function fixGrant(grant: TaskGrant | undefined, labels: ToolLabels, stated: Stated): FrozenGrant {
  if (grant === undefined) return deriveGrant(labels, stated);
  checkGrant(grant);
  return structuredClone(grant);
}
