// Keywords of arrays.
import type { Node } from './node.ts';
import type { Reading } from './reading.ts';

export function readArrays({ schema, node, read, refuse }: Reading): void {
  const { prefixItems, items, contains, uniqueItems } = schema;
  if (Array.isArray(prefixItems)) node.prefix = prefixItems.map(read);
  else if (prefixItems !== undefined) refuse('prefixItems', 'is not a list of schemas');
  if (Array.isArray(items)) refuse('items', 'a list of schemas is prefixItems since 2020-12');
  else if (items !== undefined) node.items = read(items);
  if (typeof uniqueItems === 'boolean') node.unique = uniqueItems;
  else if (uniqueItems !== undefined) refuse('uniqueItems', 'is not a boolean');
  if (contains !== undefined) readContains(read(contains), { schema, node, read, refuse });
  readUnevaluated({ schema, node, read, refuse });
}

function readContains(inner: Node, { schema, node, refuse }: Reading): void {
  const bound = (keyword: 'minContains' | 'maxContains', otherwise: number): number => {
    const value = schema[keyword] ?? otherwise;
    if (typeof value === 'number' && value >= 0 && (value === otherwise || Number.isInteger(value))) return value;
    refuse(keyword, 'is not a count');
    return otherwise;
  };
  const contains = {
    node: inner,
    min: bound('minContains', 1),
    max: bound('maxContains', Number.POSITIVE_INFINITY),
  };
  node.contains = contains;
}

/** Without anything else that looks at the same items, unevaluated items are the rest of them. */
function readUnevaluated({ schema, node, read, refuse }: Reading): void {
  const { unevaluatedItems } = schema;
  if (unevaluatedItems === undefined || unevaluatedItems === true || node.items !== undefined) return;
  const others = ['$ref', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'dependentSchemas', 'contains'];
  if (others.some((keyword) => Object.hasOwn(schema, keyword))) refuse('unevaluatedItems', 'not judged beside others');
  else node.items = read(unevaluatedItems);
}
