/** The reference of the API as it is served; `reference/` makes it from the routes. */
export interface ApiReference {
  /** The OpenAPI document as JSON. */
  document(): string;
  /** The page and the headers it needs. */
  page(): { readonly html: string; readonly headers: Readonly<Record<string, string>> };
}
