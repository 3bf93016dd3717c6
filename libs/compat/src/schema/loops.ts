// A schema that leads back to itself without going into the value has no meaning (2020-12, core, 9.4.1): validators differ or never end.
import type { Node } from './node.ts';

function* sameValue(node: Node): Generator<Node> {
  yield* node.all ?? [];
  yield* node.any ?? [];
  yield* node.one ?? [];
  if (node.not !== undefined) yield node.not;
  if (node.condition !== undefined) {
    yield node.condition.if;
    if (node.condition.then !== undefined) yield node.condition.then;
    if (node.condition.else !== undefined) yield node.condition.else;
  }
  for (const [, inner] of node.dependentSchemas ?? []) yield inner;
}

function* parts(node: Node): Generator<Node> {
  yield* node.prefix ?? [];
  if (node.items !== undefined) yield node.items;
  if (node.contains !== undefined) yield node.contains.node;
  yield* node.properties?.values() ?? [];
  for (const [, inner] of node.patterns ?? []) yield inner;
  if (node.rest !== undefined) yield node.rest.node;
  if (node.propertyNames !== undefined) yield node.propertyNames;
}

/** Whether any schema that is reached from here loops on the same value. */
export function loops(root: Node): boolean {
  const done = new Set<Node>();
  const reached = new Set<Node>([root]);
  for (const node of reached) {
    if (isInLoop(node, new Set(), done)) return true;
    for (const next of sameValue(node)) reached.add(next);
    for (const next of parts(node)) reached.add(next);
  }
  return false;
}

function isInLoop(node: Node, path: Set<Node>, done: Set<Node>): boolean {
  if (path.has(node)) return true;
  if (done.has(node)) return false;
  path.add(node);
  for (const next of sameValue(node)) if (isInLoop(next, path, done)) return true;
  path.delete(node);
  done.add(node);
  return false;
}
