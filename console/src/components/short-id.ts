/** The first 8 and the last 4 of an id. Ids of one minute share their beginning. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}
