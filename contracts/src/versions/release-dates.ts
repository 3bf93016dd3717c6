// The dates of the releases of the contracts, for programs that bear one; nothing else is loaded with them.

/** The oldest that is supported first. */
export const RELEASE_DATES = ['2026-11-01', '2026-11-25'] as const;

/** What this release writes, and what its readers read best. */
export const CURRENT_RELEASE: string = RELEASE_DATES[1];

/** A release is supported for twelve months after it was deprecated, or longer. */
export const DEPRECATIONS: Readonly<Record<string, { readonly at: string; readonly sunset: string }>> = {
  '2026-11-01': { at: '2026-11-25T00:00:00.000Z', sunset: '2027-11-25T00:00:00.000Z' },
};
