import { Button } from './button.tsx';

/** The end of a list that comes in pages. */
export function More({
  has,
  busy,
  onMore,
}: {
  readonly has: boolean;
  readonly busy: boolean;
  readonly onMore: () => void;
}) {
  if (!has) return null;
  return (
    <div>
      <Button onPress={onMore} isDisabled={busy}>
        {busy ? 'Loading' : 'Show more'}
      </Button>
    </div>
  );
}
