/** What a guard is for: sets methods, sizes, times and redirects. */
export type Profile = 'web' | 'http' | 'webhook' | 'mcp' | 'reader';
