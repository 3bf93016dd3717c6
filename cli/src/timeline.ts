// Renders a run as it goes: one line an event, with the time since its first.
import type { EventEnvelope } from '@sallyport/contracts';
import { lineOf } from './event-lines.ts';
import { paint } from './print.ts';

export interface Timeline {
  line(event: EventEnvelope): string;
}

export function createTimeline(terminal?: boolean): Timeline {
  let start: number | undefined;
  return {
    line: (event) => {
      const at = Date.parse(event.time);
      if (start === undefined && !Number.isNaN(at)) start = at;
      const { glyph, word, tone, sentence } = lineOf(event);
      return `${showOffset(at, start)}  ${paint(tone, `${glyph} ${word.padEnd(11)}`, terminal)} ${sentence}`;
    },
  };
}

/** `+0.4s`, `+1m05s`; a clock that jumped shows a minus, an unreadable time a question mark. */
function showOffset(at: number, start: number | undefined): string {
  if (Number.isNaN(at) || start === undefined) return '?'.padStart(9);
  const ms = at - start;
  const sign = ms < 0 ? '-' : '+';
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 60) return `${sign}${seconds.toFixed(1)}s`.padStart(9);
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  return `${sign}${minutes}m${String(whole % 60).padStart(2, '0')}s`.padStart(9);
}
