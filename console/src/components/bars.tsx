export interface Bar {
  readonly name: string;
  readonly value: number;
  /** What the bar says on hover, and to whoever cannot see it. */
  readonly text: string;
}

const HEIGHT = 96;
const WIDTH = 8;
const GAP = 3;

/** A few values beside each other on one scale. The table below it holds the same figures. */
export function Bars({ label, bars }: { readonly label: string; readonly bars: readonly Bar[] }) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const width = bars.length * (WIDTH + GAP) - GAP;
  const first = bars[0]?.name ?? '';
  const last = bars.at(-1)?.name ?? '';
  return (
    <figure className="bars">
      <div className="bars-most number small muted">{most.toLocaleString('en-US')}</div>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {bars.map(({ name, value, text }, at) => {
          const height = value === 0 ? 0 : Math.max(2, (value / most) * HEIGHT);
          return (
            <g key={name}>
              <title>{text}</title>
              <rect className="bar-ground" x={at * (WIDTH + GAP)} y={0} width={WIDTH} height={HEIGHT} />
              <rect className="bar" x={at * (WIDTH + GAP)} y={HEIGHT - height} width={WIDTH} height={height} />
            </g>
          );
        })}
      </svg>
      <figcaption className="small muted">
        <span>{first}</span>
        <span>{last}</span>
      </figcaption>
    </figure>
  );
}
