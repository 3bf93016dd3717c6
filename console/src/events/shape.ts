// Reads a body from the wire into what a renderer needs. Open: fields that are not asked for are passed over. Never throws.
export type Read<T> = (value: unknown) => T | undefined;

export const text: Read<string> = (value) => (typeof value === 'string' ? value : undefined);
export const count: Read<number> = (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined);
export const flag: Read<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
export const plain: Read<Readonly<Record<string, unknown>>> = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

export function list<T>(read: Read<T>): Read<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined;
    const items = value.map((item: unknown) => read(item));
    return items.some((item) => item === undefined) ? undefined : (items as T[]);
  };
}

/** Absent is null here, so that undefined always means: this is not the shape. */
export function maybe<T>(read: Read<T>): Read<T | null> {
  return (value) => (value === undefined ? null : read(value));
}

type Fields<T> = { readonly [K in keyof T]: Read<T[K]> };

export function shape<T extends object>(fields: Fields<T>): Read<T> {
  return (value) => {
    const from = plain(value);
    if (from === undefined) return undefined;
    const made: Partial<Record<keyof T, unknown>> = {};
    for (const key of Object.keys(fields) as (keyof T & string)[]) {
      const read = fields[key](Object.hasOwn(from, key) ? from[key] : undefined);
      if (read === undefined) return undefined;
      made[key] = read;
    }
    return made as T;
  };
}
