// The one answer to a release of the contracts that is not there: which ones are.
import { CONTRACT_RELEASES, type ContractRelease, findRelease } from '@sallyport/contracts';
import { fault } from '../errors.ts';

/** Throws `unsupported_contracts_version`; `path` is the field or the header that named it. */
export function demandRelease(date: string, path: string): ContractRelease {
  const release = findRelease(date);
  if (release !== undefined) return release;
  const message = `is none of ${CONTRACT_RELEASES.map((one) => one.date).join(', ')}`;
  throw fault('unsupported_contracts_version', { fields: [{ path, message }] });
}
