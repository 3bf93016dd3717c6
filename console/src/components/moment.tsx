// A time: relative to read, exact in its title and its attribute.
import { useSyncExternalStore } from 'react';

const STEPS: readonly (readonly [number, Intl.RelativeTimeFormatUnit])[] = [
  [60, 'second'],
  [3_600, 'minute'],
  [86_400, 'hour'],
  [2_592_000, 'day'],
  [31_536_000, 'month'],
];

export function relativeTime(time: number, now: number): string {
  const seconds = Math.round((time - now) / 1_000);
  if (Math.abs(seconds) < 5) return 'now';
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });
  let unit = 1;
  for (const [below, name] of STEPS) {
    if (Math.abs(seconds) < below) return format.format(Math.trunc(seconds / unit), name);
    unit = below;
  }
  return format.format(Math.trunc(seconds / unit), 'year');
}

export function exactTime(time: string): string {
  return `${time.replace('T', ' ').replace(/(\.\d+)?Z$/, '')} UTC`;
}

const TICK_MS = 15_000;
const subscribe = (tell: () => void): (() => void) => {
  const timer = setInterval(tell, TICK_MS);
  return () => clearInterval(timer);
};
const now = (): number => Math.floor(Date.now() / TICK_MS) * TICK_MS;

export function Moment({ time }: { readonly time: string }) {
  const ticked = useSyncExternalStore(subscribe, now);
  const at = Date.parse(time);
  const from = Math.max(ticked, Math.min(Date.now(), ticked + TICK_MS));
  return (
    <time dateTime={time} title={exactTime(time)}>
      {Number.isNaN(at) ? time : relativeTime(at, from)}
    </time>
  );
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

export function bytes(count: number): string {
  if (count < 1_024) return `${count} B`;
  if (count < 1_048_576) return `${(count / 1_024).toFixed(1)} KiB`;
  return `${(count / 1_048_576).toFixed(1)} MiB`;
}
