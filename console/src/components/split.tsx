// Two panes with a divider that moves by the mouse, by touch and by keys, and stays where it was put.
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { clampSplit, keepSplit, readSplit } from '../frame/preferences.ts';

const STEP = 5;

function useShare() {
  const [share, setShare] = useState(readSplit);
  const frame = useRef<HTMLDivElement>(null);
  const dragging = useRef(false);
  const put = (next: number): void => {
    const clamped = clampSplit(next);
    setShare(clamped);
    keepSplit(clamped);
  };
  const at = (event: PointerEvent): void => {
    const box = frame.current?.getBoundingClientRect();
    if (dragging.current && box !== undefined && box.width > 0) put(((event.clientX - box.left) / box.width) * 100);
  };
  const press = (event: KeyboardEvent): void => {
    const places: Readonly<Record<string, number>> = {
      ArrowLeft: share - STEP,
      ArrowRight: share + STEP,
      Home: 0,
      End: 100,
    };
    const to = places[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    put(to);
  };
  const hold = (event: PointerEvent): void => {
    dragging.current = true;
    event.currentTarget.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const leave = (): void => {
    dragging.current = false;
  };
  return { share, frame, at, press, hold, leave };
}

export function Split({
  label,
  list,
  detail,
}: {
  /** What the divider is between. */
  readonly label: string;
  readonly list: ReactNode;
  /** Undefined leaves the whole width to the list. */
  readonly detail: ReactNode | undefined;
}) {
  const { share, frame, at, press, hold, leave } = useShare();
  const open = detail !== undefined;
  return (
    <div
      ref={frame}
      className="split"
      data-open={open}
      style={open ? { gridTemplateColumns: `minmax(0, ${share}fr) 12px minmax(0, ${100 - share}fr)` } : {}}
    >
      {list}
      {open && (
        <div
          className="divider"
          role="separator"
          tabIndex={0}
          aria-label={label}
          aria-orientation="vertical"
          aria-valuenow={share}
          aria-valuemin={clampSplit(0)}
          aria-valuemax={clampSplit(100)}
          onKeyDown={press}
          onPointerDown={hold}
          onPointerMove={at}
          onPointerUp={leave}
          onPointerCancel={leave}
        />
      )}
      {detail}
    </div>
  );
}
