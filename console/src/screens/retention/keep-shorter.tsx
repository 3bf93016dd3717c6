import { Button } from '../../components/button.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';

/** A shorter time takes data away that nobody can bring back. */
export function KeepShorter({
  classes,
  busy,
  error,
  onSave,
  onClose,
}: {
  readonly classes: readonly string[];
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSave: () => void;
  readonly onClose: () => void;
}) {
  return (
    <Panel title="Keep data for a shorter time?" isOpen onClose={onClose}>
      <p>
        Of {classes.join(', ')}, whatever is older than the new time cannot be read from now on and is removed for ever.
      </p>
      {error !== null && <ProblemNote error={error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Leave it as it is</Button>
        <Button kind="danger" isDisabled={busy} onPress={onSave}>
          Keep it shorter
        </Button>
      </div>
    </Panel>
  );
}
