import type { parquetMetadataAsync } from "hyparquet";

export type Schema = Awaited<ReturnType<typeof parquetMetadataAsync>>["schema"];
type Element = Schema[number];

/** Where decimals are in a value, so that they can be written with all their digits; null: nowhere. */
export type Shape =
  | { readonly kind: "decimal"; readonly scale: number }
  /** The items of a list, or the values of a map. */
  | { readonly kind: "items"; readonly of: Shape }
  | { readonly kind: "fields"; readonly of: ReadonlyMap<string, Shape> }
  | null;

interface Tree {
  readonly element: Element;
  readonly children: readonly Tree[];
}

/**
 * Where a file's rows have decimals. These lose their type in `schema`, so that they are read as they are stored: the package makes doubles of
 * decimals.
 */
export function takeDecimals(schema: Schema): Shape {
  const elements = schema.values();
  return fieldsOf(treeOf(elements.next().value!, elements).children);
}

function treeOf(element: Element, rest: Iterator<Element>): Tree {
  const children = Array.from({ length: element.num_children ?? 0 }, () => treeOf(rest.next().value!, rest));
  return { element, children };
}

function fieldsOf(children: readonly Tree[]): Shape {
  const shapes = children.map((child) => [child.element.name, shapeOf(child)] as const);
  return shapes.some(([, shape]) => shape !== null) ? { kind: "fields", of: new Map(shapes) } : null;
}

/** A list is written as a group of a repeated group of its items, or of repeated items; a map as one of repeated keys and values. */
function shapeOf({ element, children }: Tree): Shape {
  const { converted_type: type, scale = 0 } = element, [only] = children;
  if (children.length === 0) {
    if (type !== "DECIMAL") return null;
    delete element.converted_type;
    delete element.logical_type;
    return repeated(element, { kind: "decimal", scale });
  }
  if (type === "LIST" && children.length === 1) {
    const item = only.children.length === 1 ? only.children[0] : only, of = shapeOf(item);
    return item === only ? of : items(of);
  }
  if (type === "MAP" && children.length === 1) {
    const value = only.children.find(({ element: { name } }) => name === "value");
    return items(value ? shapeOf(value) : null);
  }
  return repeated(element, fieldsOf(children));
}

function repeated({ repetition_type }: Element, shape: Shape): Shape {
  return repetition_type === "REPEATED" ? items(shape) : shape;
}

function items(of: Shape): Shape {
  return of && { kind: "items", of };
}
