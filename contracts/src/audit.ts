// A record of a security-relevant act, as it is sent and exported: references and digests only.
export interface AuditRecord {
  readonly id: string;
  readonly tenant_id: string;
  readonly time: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly on_behalf_of: string | null;
  /** `noun.verb_past`; an action that a reader does not know is normal input. */
  readonly action: string;
  readonly object: { readonly kind: string; readonly id: string } | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly request_id: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly seq: number;
  readonly prev_hash: string | null;
  readonly hash: string;
}
