// The part of the DOM that the readers use, as an interface: the server is built without the browser's types.

export interface Tree {
  querySelector(selector: string): TreeElement | null;
  querySelectorAll(selector: string): Iterable<TreeElement>;
}

export interface TreeElement extends Tree {
  readonly nodeName: string;
  readonly textContent: string | null;
  readonly parentElement: TreeElement | null;
  readonly children: Iterable<TreeElement>;
  getAttribute(name: string): string | null;
  closest(selector: string): TreeElement | null;
  cloneNode(deep: boolean): TreeElement;
  normalize(): void;
  remove(): void;
  replaceWith(node: unknown): void;
}

export interface TreeDocument extends Tree {
  readonly body: TreeElement | null;
  readonly documentElement: TreeElement | null;
  createTextNode(text: string): unknown;
}
