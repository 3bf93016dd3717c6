// Which tenant a customer of the payment provider belongs to: by our own table alone, that only the operator writes (ST7).
import { recordAct } from '../audit/audit.ts';
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, type TenantId } from '../ids.ts';
import { type BillingPrincipal, mintPrincipal, type OperatorPrincipal } from '../principal.ts';

export async function ownerOfCustomer(
  db: Database,
  mode: 'test' | 'live',
  customerId: string,
): Promise<BillingPrincipal | undefined> {
  const [tenantId] = await db.system('find_billing_tenant', [mode, customerId], (row: Row) => row.text('tenant_id'));
  return tenantId === undefined ? undefined : mintPrincipal({ kind: 'billing', tenantId: asId<TenantId>(tenantId) });
}

/** Safe to repeat. Throws `conflict` when the customer or the tenant is linked otherwise, `unknown_reference` when there is no such tenant. */
export async function linkCustomer(
  db: Database,
  _operator: OperatorPrincipal,
  link: { readonly tenantId: TenantId; readonly mode: 'test' | 'live'; readonly customerId: string },
): Promise<void> {
  const { tenantId, mode, customerId } = link;
  const [linked] = await db.system('link_billing_customer', [tenantId, mode, customerId], () => true);
  const owner = await ownerOfCustomer(db, mode, customerId);
  if (owner?.tenantId !== tenantId)
    throw fault('conflict', { detail: 'the customer or the tenant is linked otherwise' });
  if (linked === true)
    await db.atomic(owner, (tx) =>
      recordAct(tx, { action: 'billing.linked', object: { kind: 'customer', id: customerId }, detail: { mode } }),
    );
}
