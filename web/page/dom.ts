/** What may stand in an element: text goes in as text, whatever it says. */
export type Child = Node | string | number | null | readonly Child[];

type Listener = (event: Event) => void;
export type Attributes = Readonly<Record<string, string | number | boolean | null | Listener>>;

/** An element that shows an item, and goes on showing it as it changes. */
export interface Part<T> {
  readonly node: HTMLElement | SVGElement;
  update(item: T): void;
}

/** Makes an element. Functions listen to the event of their name; true is an empty attribute, null and false none. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Attributes,
  ...children: Child[]
): HTMLElementTagNameMap[K];
export function el(tag: string, attributes?: Attributes, ...children: Child[]): HTMLElement;
export function el(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(typeof child === "number" ? String(child) : child as Node | string);
  }
}

/** Shows or hides an element. */
export function show(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

/** Puts other children into an element. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Children of one element, a part for each item by its key: what stays keeps its element, and with it focus and scroll. */
export class KeyedList<T> {
  readonly #parent: Element;
  readonly #keyOf: (item: T) => string;
  readonly #make: (item: T) => Part<T>;
  #parts = new Map<string, Part<T>>();

  constructor(parent: Element, keyOf: (item: T) => string, make: (item: T) => Part<T>) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#make = make;
  }

  update(items: Iterable<T>): void {
    const next = new Map<string, Part<T>>();
    for (const item of items) {
      const key = this.#keyOf(item), part = this.#parts.get(key) ?? this.#make(item);
      part.update(item);
      next.set(key, part);
    }
    for (const [key, part] of this.#parts) if (next.get(key) !== part) part.node.remove();
    let at = this.#parent.firstElementChild;
    for (const { node } of next.values()) {
      if (node === at) at = at.nextElementSibling;
      else this.#parent.insertBefore(node, at);
    }
    this.#parts = next;
  }
}
