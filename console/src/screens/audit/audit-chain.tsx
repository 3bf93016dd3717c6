// The chain of the audit log, computed again in this browser from its export.
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSession } from '../../api/console.ts';
import { tellChain } from '../../api/queries.ts';
import { ChainStatus } from '../run/chain/chain-status.tsx';
import { useChain } from '../run/chain/verify-chain.ts';

export function AuditChain() {
  const { session } = useSession();
  const queries = useQueryClient();
  const [asked, setAsked] = useState(0);
  const verified = useChain({ kind: 'audit' }, asked, asked > 0);
  const id = session.tenant_id;
  useEffect(() => {
    if (verified?.kind === 'broken')
      tellChain(queries, id, { of: 'audit', id, seq: verified.seq, detail: verified.detail });
    if (verified?.kind === 'whole') tellChain(queries, id, undefined);
  }, [queries, id, verified]);
  return <ChainStatus verified={verified} onVerify={() => setAsked(asked + 1)} />;
}
