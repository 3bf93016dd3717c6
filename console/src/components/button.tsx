import { type ReactNode, useEffect, useState } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components/Button';

type Kind = 'plain' | 'main' | 'quiet' | 'danger';

export function Button({
  kind = 'plain',
  ...props
}: Omit<ButtonProps, 'className' | 'style'> & { readonly kind?: Kind }) {
  return <AriaButton {...props} className="button" data-kind={kind} />;
}

const SAID_MS = 2_000;

export function CopyButton({
  text,
  label,
  children = 'Copy',
}: {
  readonly text: string;
  /** What is copied, for whoever cannot see it. */
  readonly label: string;
  readonly children?: ReactNode;
}) {
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied'),
      () => setSaid('Not copied'),
    );
  };
  return (
    <Button kind="quiet" aria-label={said === undefined ? `Copy ${label}` : said} onPress={copy}>
      {said ?? children}
    </Button>
  );
}
