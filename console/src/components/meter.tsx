import { useId } from 'react';

/** How much of an allowance is used. The words carry it; the bar is beside them. */
export function Meter({
  name,
  used,
  most,
  text,
}: {
  readonly name: string;
  readonly used: number;
  readonly most: number;
  readonly text: string;
}) {
  const id = useId();
  const share = most > 0 ? Math.min(1, used / most) : 0;
  return (
    <div className="meter">
      <span id={id} className="meter-text">
        <span className="muted">{name}</span> {text}
      </span>
      <div
        role="meter"
        className="meter-bar"
        aria-labelledby={id}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={text}
      >
        <div data-full={share >= 0.9} style={{ inlineSize: `${share * 100}%` }} />
      </div>
    </div>
  );
}
