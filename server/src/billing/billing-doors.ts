/** Removed by tests and proofs only; all stand in every shipped composition (DEC-011). */
export interface BillingDoors {
  readonly signature: boolean;
  readonly fetchBack: boolean;
  readonly uniqueEvent: boolean;
  readonly uniqueTransition: boolean;
}
