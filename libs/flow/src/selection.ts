// Did the user's own words pick this record? "Delete the note called Lunch", "pay the last invoice" (R9).
import type { Remembered } from './memory.ts';
import { readNumber } from './phrase.ts';
import type { Stated } from './stated.ts';

const SHORTEST = 3;
const LONGEST = 160;
const ORDINALS: Readonly<Record<string, number>> = {
  first: 0,
  '1st': 0,
  second: 1,
  '2nd': 1,
  third: 2,
  '3rd': 2,
  fourth: 3,
  '4th': 3,
  fifth: 4,
  '5th': 4,
};
const ORDER_WORDS =
  /(?<![\w-])(first|1st|second|2nd|third|3rd|fourth|4th|fifth|5th|last|latest|newest|most recent|oldest|earliest)((?: [\w'-]{1,30}){1,3})/g;
const PLURAL = /(?<![\w-])(?:all|every|each|both|any)(?![\w-])/;
const TIME_FIELD =
  /(?:^|[._])(?:date|time|timestamp|created|created_at|received|received_at|sent|sent_at|updated_at|modified|issued|due|due_date|start|start_time)$/;

type Records = ReadonlyMap<string, readonly Remembered[]>;

function recordsBeside(field: Remembered, all: readonly Remembered[]): Records {
  const family = field.record.replace(/\[\d+\]$/, '');
  const records = new Map<string, Remembered[]>();
  for (const leaf of all)
    if (leaf.record !== '' && leaf.record.replace(/\[\d+\]$/, '') === family)
      records.set(leaf.record, [...(records.get(leaf.record) ?? []), leaf]);
  return records;
}

/** People write "Bob" for bob@ours.example; a stranger may call himself Bob, so only an address of ours is known by its first part. */
function isKnownByName(leaf: Remembered, stated: Stated, domains: readonly string[]): boolean {
  const match = /^(?:[^<>]{0,80}<)?([^@<>\s]{2,60})@([^<>\s]{3,200}?)>?$/.exec(leaf.folded);
  const [, first = '', domain = ''] = match ?? [];
  return (
    domains.includes(domain) &&
    [first, ...first.split(/[._-]/)].some((part) => part.length >= SHORTEST && stated.isNamed(part))
  );
}

/** How much this field says for its record. */
function weigh(leaf: Remembered, stated: Stated, domains: readonly string[]): number {
  const { value, folded } = leaf;
  if (value === null || typeof value === 'boolean' || folded.length > LONGEST) return 0;
  const number = readNumber(folded);
  // A small number stands in many prompts by chance.
  if (number !== undefined) return Math.abs(number) >= 10 && stated.isNamed(value) ? 2 : 0;
  if (folded.length >= SHORTEST && stated.isNamed(value)) return 2;
  return leaf.kind === 'sender' && isKnownByName(leaf, stated, domains) ? 1 : 0;
}

/** Nouns of a result: `list_invoices` and `rows[*].invoice_id` speak of an invoice. */
function isNounOf(word: string, field: Remembered): boolean {
  const stem = word.replace(/(?:'s|es|s)$/, '');
  const names = `${field.tool} ${field.shape}`.toLowerCase().split(/[^a-z]+/);
  return stem.length >= SHORTEST && names.some((name) => name.replace(/(?:es|s)$/, '') === stem);
}

/** List order, or order by a field of time where every record has one. */
function inOrder(records: Records): { readonly keys: readonly string[]; readonly timed: boolean } {
  const dated = [...records].map(([key, leaves]) => ({
    key,
    time: Date.parse(String(leaves.find((leaf) => TIME_FIELD.test(leaf.shape.toLowerCase()))?.value ?? '')),
  }));
  const timed = dated.every(({ time }) => Number.isFinite(time));
  return { keys: (timed ? dated.toSorted((a, b) => a.time - b.time) : dated).map(({ key }) => key), timed };
}

function pickByOrder(records: Records, field: Remembered, stated: Stated): string | undefined {
  for (const text of stated.texts)
    for (const [, word = '', rest = ''] of text.matchAll(ORDER_WORDS)) {
      if (
        !rest
          .trim()
          .split(' ')
          .some((noun) => isNounOf(noun, field))
      )
        continue;
      const { keys, timed } = inOrder(records);
      const place = ORDINALS[word];
      if (place !== undefined) return timed && word === 'first' ? keys[0] : [...records.keys()][place];
      if (word === 'last') return keys.at(-1);
      if (timed) return word === 'oldest' || word === 'earliest' ? keys[0] : keys.at(-1);
    }
  return undefined;
}

/**
 * True when the record of this field is the one that the prompt's words fit best, alone; or one of the best when the prompt says
 * "all"; or the one that an ordinal names. Fields of the record are compared whole, so a subject stuffed with words gains nothing.
 */
export function isSelected(
  field: Remembered,
  all: readonly Remembered[],
  stated: Stated,
  domains: readonly string[],
): boolean {
  if (field.record === '') return all.some((leaf) => leaf !== field && weigh(leaf, stated, domains) > 0);
  const records = recordsBeside(field, all);
  const scores = [...records].map(([key, leaves]) => ({
    key,
    score: leaves.reduce((sum, leaf) => sum + (leaf.path === field.path ? 0 : weigh(leaf, stated, domains)), 0),
  }));
  const best = Math.max(...scores.map(({ score }) => score));
  const leading = scores.filter(({ score }) => score === best && score > 0).map(({ key }) => key);
  if (leading.length === 1) return leading[0] === field.record;
  const plural = stated.texts.some((text) => PLURAL.test(text));
  if (leading.length > 1 && plural) return leading.includes(field.record);
  const among: Records = leading.length > 1 ? new Map([...records].filter(([key]) => leading.includes(key))) : records;
  return pickByOrder(among, field, stated) === field.record;
}
