// The two doors: what is enforced twice. The logo, the posture glyph and the loading mark, nothing else.
export type DoorState = 'holding' | 'hollow' | 'broken';

function Door({ x, state }: { readonly x: number; readonly state: DoorState }) {
  if (state === 'broken')
    return <path className="door-broken" d={`M${x} 0h5v6l-5 3zM${x} 16h5V9.5l-5 3z`} fill="currentColor" />;
  if (state === 'hollow')
    return <rect x={x + 0.75} y={0.75} width={3.5} height={14.5} fill="none" stroke="currentColor" strokeWidth={1.5} />;
  return <rect x={x} y={0} width={5} height={16} fill="currentColor" />;
}

export function Doors({
  outer = 'holding',
  inner = 'holding',
  label,
}: {
  readonly outer?: DoorState;
  readonly inner?: DoorState;
  /** Without one the mark is decoration. */
  readonly label?: string;
}) {
  const spoken = label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label };
  return (
    <svg className="doors" width={13} height={16} viewBox="0 0 13 16" {...spoken}>
      <Door x={0} state={outer} />
      <Door x={8} state={inner} />
    </svg>
  );
}
