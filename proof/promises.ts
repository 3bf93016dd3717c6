// The nine promises, as the threat model counts them.
export const PROMISES = {
  1: 'Tenants never cross.',
  2: 'Nobody acts without a valid credential.',
  3: 'Agents call only what they may, and nothing secret reaches a log.',
  4: 'A page cannot steer an agent.',
  5: 'Artifacts are private.',
  6: 'What is deleted is gone.',
  7: 'Nothing is charged twice.',
  8: 'No reader is misled by a contract that changed.',
  9: 'Every promise is proven by attack.',
} as const;
export type PromiseNumber = keyof typeof PROMISES;
