// The price book: what a model costs from a day on. A step takes the price of the moment it begins, and its ledger row keeps it.
import { fault } from '../errors.ts';

/** US dollars for a million tokens, as decimal strings. */
interface Price {
  readonly input: string;
  readonly output: string;
}

export interface PriceUsed extends Price {
  /** Names model, day and amounts: the same id is always the same price. */
  readonly id: string;
}

export interface PriceEntry extends Price {
  readonly model: string;
  /** First day, UTC, as `YYYY-MM-DD`. */
  readonly from: string;
}

export interface PriceBook {
  /** The price of a model at a moment (Unix milliseconds); undefined when no entry has begun. */
  find(model: string, at: number): PriceUsed | undefined;
}

const ENTRY = /^([\w.:/@-]{1,200})=(\d{1,6}(?:\.\d{1,6})?)\/(\d{1,6}(?:\.\d{1,6})?)@(\d{4}-\d{2}-\d{2})$/;
/** The day of a price that was always so. */
const ALWAYS = '1970-01-01';

/** Reads `MODEL=INPUT/OUTPUT@YYYY-MM-DD`; undefined when it is not that. */
export function parsePrice(text: string): PriceEntry | undefined {
  const [, model, input, output, from] = ENTRY.exec(text) ?? [];
  if (model === undefined || input === undefined || output === undefined || from === undefined) return undefined;
  const day = new Date(`${from}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== from) return undefined;
  return { model, input, output, from };
}

/** Throws `configuration` when a model has two prices from one day. */
export function openPriceBook(entries: readonly PriceEntry[]): PriceBook {
  const byModel = new Map<string, PriceEntry[]>();
  for (const entry of entries) byModel.set(entry.model, [...(byModel.get(entry.model) ?? []), entry]);
  for (const [model, prices] of byModel) {
    prices.sort((a, b) => (a.from < b.from ? 1 : -1));
    if (new Set(prices.map((price) => price.from)).size !== prices.length)
      throw fault('configuration', { detail: `SALLYPORT_MODEL_PRICES: ${model} has two prices from one day` });
  }
  return {
    find: (model, at) => {
      const day = new Date(at).toISOString().slice(0, 10);
      const entry = byModel.get(model)?.find((price) => price.from <= day);
      return entry === undefined ? undefined : used(entry);
    },
  };
}

function used({ model, from, input, output }: PriceEntry): PriceUsed {
  return { id: `${model}@${from}:${input}/${output}`, input, output };
}

/** What a step of `model` costs that begins at `at`; without an entry, the price that its endpoint was configured with. */
export function priceOf(book: PriceBook | undefined, model: string, at: number, configured: Price): PriceUsed {
  return book?.find(model, at) ?? used({ ...configured, model, from: ALWAYS });
}
