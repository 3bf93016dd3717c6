// What the guard tells of itself: one event a hop, and counters. Neither holds a header, a body or the value of a query (R21).
import type { Decision } from './decision.ts';
import type { EgressCode, EgressError } from './egress-error.ts';
import type { Refusal, Target } from './intake.ts';

const BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;

export interface Histogram {
  /** Upper bounds in milliseconds; the last count is of what is above them all. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface EgressStats {
  readonly verdicts: Readonly<Record<Decision['verdict'], number>>;
  readonly codes: Readonly<Partial<Record<EgressCode, number>>>;
  readonly active: number;
  readonly queued: number;
  readonly pools: number;
  readonly sockets: number;
  readonly bytes: number;
  readonly encodedBytes: number;
  readonly dnsMs: Histogram;
  readonly connectMs: Histogram;
  readonly hopMs: Histogram;
}

class Latencies {
  readonly #counts = Array.from({ length: BUCKETS_MS.length + 1 }, () => 0);
  #sum = 0;
  add(milliseconds: number): void {
    const found = BUCKETS_MS.findIndex((bound) => milliseconds <= bound);
    const at = found === -1 ? BUCKETS_MS.length : found;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += milliseconds;
  }
  read(): Histogram {
    return { bounds: BUCKETS_MS, counts: [...this.#counts], sum: this.#sum };
  }
}

export class Counters {
  readonly #verdicts = { allow: 0, block: 0, report: 0 };
  readonly #codes = new Map<EgressCode, number>();
  readonly #dns = new Latencies();
  readonly #connect = new Latencies();
  readonly #hop = new Latencies();
  #bytes = 0;
  #encodedBytes = 0;

  add(
    seen: Pick<Decision, 'verdict' | 'code' | 'dnsMs' | 'connectMs' | 'bytes' | 'encodedBytes'>,
    hopMs: number,
  ): void {
    this.#verdicts[seen.verdict]++;
    if (seen.code !== undefined) this.#codes.set(seen.code, (this.#codes.get(seen.code) ?? 0) + 1);
    if (seen.dnsMs > 0) this.#dns.add(seen.dnsMs);
    if (seen.connectMs > 0) this.#connect.add(seen.connectMs);
    this.#hop.add(hopMs);
    this.#bytes += seen.bytes;
    this.#encodedBytes += seen.encodedBytes;
  }

  read(gauges: Pick<EgressStats, 'active' | 'queued' | 'pools' | 'sockets'>): EgressStats {
    return {
      verdicts: { ...this.#verdicts },
      codes: Object.fromEntries(this.#codes),
      ...gauges,
      bytes: this.#bytes,
      encodedBytes: this.#encodedBytes,
      dnsMs: this.#dns.read(),
      connectMs: this.#connect.read(),
      hopMs: this.#hop.read(),
    };
  }
}

/** The URL without what may be secret: values of the query, the fragment, and a query that is written inside the path. */
export function redactUrl(url: URL): string {
  const path = url.pathname.replace(/%3f.*$/i, '%3F…');
  const names = [...url.searchParams.keys()].slice(0, 50).map((name) => `${encodeURIComponent(name.slice(0, 60))}=`);
  return `${url.origin}${path}${names.length === 0 ? '' : `?${names.join('&')}`}`.slice(0, 2_000);
}

export function refusalOf(
  error: EgressError | undefined,
  reported: Refusal | undefined,
): Pick<Decision, 'code' | 'rule'> {
  if (error !== undefined) return { code: error.code, rule: error.detail };
  return reported === undefined ? {} : { code: reported.code, rule: reported.rule };
}

export function placeOf(target: Target | undefined): Pick<Decision, 'url' | 'host' | 'port'> {
  if (target === undefined) return { url: '', host: '', port: 0 };
  return { url: redactUrl(target.url), host: target.host, port: target.port };
}
