// The schema that a contract is read by: the writer's, opened (DEC-004).

/** The same schema with every object open: an unknown field is normal input to a reader. */
export function readerOf(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(readerOf);
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === 'additionalProperties' && value === false))
      .map(([key, value]) => [key, DATA.has(key) ? value : readerOf(value)]),
  );
}

/** Keywords whose value is data, not schemas. */
export const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'default', 'examples', 'required']);
