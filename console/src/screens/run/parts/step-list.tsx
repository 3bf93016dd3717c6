// Every step on one axis of time.
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { InertLine } from '../../../components/inert.tsx';
import { duration } from '../../../components/moment.tsx';
import { EmptyNote } from '../../../components/notes.tsx';
import type { Row } from '../../../live/run-log.ts';
import { type Step, stepsOf } from './steps.ts';

const ROW = 32;
const LEAST_WIDTH = 0.4;
const WORDS = { open: 'at work', done: 'done', failed: 'failed' } as const;

export function StepList({ rows, onOpen }: { readonly rows: readonly Row[]; readonly onOpen: (seq: number) => void }) {
  const steps = useMemo(() => stepsOf(rows), [rows]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: steps.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  if (steps.length === 0) return <EmptyNote>No step yet. The first one begins when a worker takes the run.</EmptyNote>;
  const from = steps[0]?.startMs ?? 0;
  const to = Math.max(...steps.slice(-1).map((step) => step.endMs ?? Date.parse(rows.at(-1)?.time ?? '')), from + 1);
  return (
    <section className="steps" aria-label="Steps" ref={scroller}>
      <ol className="timeline-rows" style={{ blockSize: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const step = steps[item.index];
          return step === undefined ? null : (
            <StepRow
              key={step.seq}
              step={step}
              place={item.index}
              top={item.start}
              from={from}
              whole={to - from}
              onOpen={onOpen}
            />
          );
        })}
      </ol>
    </section>
  );
}

interface StepProps {
  readonly step: Step;
  readonly place: number;
  readonly top: number;
  readonly from: number;
  readonly whole: number;
  readonly onOpen: (seq: number) => void;
}

function StepRow({ step, place, top, from, whole, onOpen }: StepProps) {
  const end = step.endMs ?? from + whole;
  const left = ((step.startMs - from) / whole) * 100;
  const width = Math.max(LEAST_WIDTH, ((end - step.startMs) / whole) * 100);
  return (
    <li className="step" style={{ transform: `translateY(${top}px)` }}>
      <button type="button" data-row onClick={() => onOpen(step.seq)}>
        <span className="step-place">{place + 1}</span>
        <span className="step-name">{step.kind === 'tool' ? <InertLine text={step.name} most={60} /> : 'model'}</span>
        <span className="step-axis" aria-hidden>
          <span
            data-outcome={step.outcome}
            data-kind={step.kind}
            style={{
              insetInlineStart: `${Math.min(left, 100 - LEAST_WIDTH)}%`,
              inlineSize: `${Math.min(width, 100 - left)}%`,
            }}
          />
        </span>
        <span className="step-time">
          {step.endMs === undefined ? WORDS.open : duration(step.endMs - step.startMs)}
          <span className={step.outcome === 'failed' ? 'step-failed' : 'hidden'}> {WORDS[step.outcome]}</span>
        </span>
      </button>
    </li>
  );
}
