import type { ApiKey } from '@sallyport/contracts';
import { useMay, useSession } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Moment } from '../../components/moment.tsx';
import { Table } from '../../components/table.tsx';
import { alarmsOf, hasAllScopes, stateOf } from './key-facts.ts';

const COLUMNS = ['Name', 'Key', 'Scopes', 'Last used', 'Expires', 'State', { name: 'Actions', quiet: true }];

export interface KeyAct {
  readonly kind: 'rotate' | 'revoke';
  readonly apiKey: ApiKey;
}

function scopesOf(key: ApiKey): string {
  if (hasAllScopes(key)) return 'all';
  const [first = 'none', ...others] = key.scopes;
  return others.length === 0 ? first : `${first} +${others.length}`;
}

function Alarm({ sentences }: { readonly sentences: readonly string[] }) {
  if (sentences.length === 0) return null;
  return (
    <span className="alarm" title={sentences.join(' ')}>
      <span aria-hidden>(!)</span>
      <span className="hidden">{sentences.join(' ')}</span>
    </span>
  );
}

function State({ apiKey, keys }: { readonly apiKey: ApiKey; readonly keys: readonly ApiKey[] }) {
  const state = stateOf(apiKey, Date.now());
  if (state === 'unknown') return <InertLine text={apiKey.status} most={40} />;
  if (state !== 'overlap')
    return (
      <>{{ active: 'Active', expired: 'Expired', revoked: apiKey.exposed ? 'Stopped: exposed' : 'Revoked' }[state]}</>
    );
  const next = keys.find(({ id }) => id === apiKey.replaced_by);
  return (
    <>
      Overlap, <Countdown to={Date.parse(apiKey.expires_at)} /> left
      {next !== undefined && (
        <>
          , then <code>…{next.last4}</code>
        </>
      )}
    </>
  );
}

function Acts({ apiKey, onAct }: { readonly apiKey: ApiKey; readonly onAct: (act: KeyAct) => void }) {
  const { session } = useSession();
  const mayWrite = useMay('keys:write');
  const state = stateOf(apiKey, Date.now());
  if (!mayWrite || state === 'revoked' || state === 'expired') return null;
  const own = apiKey.user_id === session.user_id && apiKey.scopes.every((scope) => session.scopes.includes(scope));
  return (
    <span className="key-acts">
      {own && state === 'active' && apiKey.replaced_by === null && (
        <Button kind="quiet" aria-label={`Rotate ${apiKey.name}`} onPress={() => onAct({ kind: 'rotate', apiKey })}>
          Rotate
        </Button>
      )}
      <Button
        kind="quiet"
        aria-label={state === 'overlap' ? `End the overlap of ${apiKey.name}` : `Revoke ${apiKey.name}`}
        onPress={() => onAct({ kind: 'revoke', apiKey })}
      >
        {state === 'overlap' ? 'End the overlap' : 'Revoke'}
      </Button>
    </span>
  );
}

function KeyRow({
  apiKey,
  keys,
  onAct,
}: {
  readonly apiKey: ApiKey;
  readonly keys: readonly ApiKey[];
  readonly onAct: (act: KeyAct) => void;
}) {
  const state = stateOf(apiKey, Date.now());
  return (
    <tr data-id={apiKey.id} data-ended={state === 'revoked' || state === 'expired'}>
      <td>
        <InertLine text={apiKey.name} most={60} /> <Alarm sentences={alarmsOf(apiKey, Date.now())} />
      </td>
      <td className="fact">
        <code>
          sp_{apiKey.env}_…{apiKey.last4}
        </code>
      </td>
      <td className="fact" title={apiKey.scopes.join(', ')}>
        {scopesOf(apiKey)}
      </td>
      <td className="fact">{apiKey.last_used_at === null ? 'never' : <Moment time={apiKey.last_used_at} />}</td>
      <td className="fact">
        <Moment time={apiKey.expires_at} />
      </td>
      <td className="fact">
        <State apiKey={apiKey} keys={keys} />
      </td>
      <td className="number">
        <Acts apiKey={apiKey} onAct={onAct} />
      </td>
    </tr>
  );
}

export function KeyTable({ keys, onAct }: { readonly keys: readonly ApiKey[]; readonly onAct: (act: KeyAct) => void }) {
  return (
    <Table label="Keys" columns={COLUMNS}>
      {keys.map((key) => (
        <KeyRow key={key.id} apiKey={key} keys={keys} onAct={onAct} />
      ))}
    </Table>
  );
}
