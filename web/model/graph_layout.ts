/*
 * A layered drawing of an acyclic graph (Sugiyama, Tagawa and Toda, 1981): each node lies one layer behind the last of those it gets rows from, edges over
 * several layers get a bend in each, and layers are ordered by the mean place of their neighbours, back and forth, until few edges cross.
 */
export interface LayoutEdge {
  readonly from: string;
  readonly to: string;
}

export interface GraphLayout {
  /** Layer and place in it, both from 0; places are not whole numbers where a layer is centred. */
  readonly nodes: ReadonlyMap<string, { readonly layer: number; readonly place: number }>;
  /** For each edge in order: the places at which it goes through layers between its ends. */
  readonly bends: readonly (readonly { readonly layer: number; readonly place: number }[])[];
  readonly layers: number;
  readonly places: number;
}

interface Point {
  layer: number;
  place: number;
  before: Point[];
  after: Point[];
}

const SWEEPS = 8;

/** Edges of nodes that are not there, and edges that close a circle, are drawn and count for nothing. */
export function layoutGraph(ids: readonly string[], edges: readonly LayoutEdge[]): GraphLayout {
  const layerOf = longestPaths(ids, edges), points = new Map<string, Point>(), layers: Point[][] = [];
  const add = (layer: number): Point => {
    const point: Point = { layer, place: 0, before: [], after: [] };
    (layers[layer] ??= []).push(point);
    return point;
  };
  for (const id of ids) points.set(id, add(layerOf.get(id)!));
  const bends = edges.map(({ from, to }) => {
    const start = points.get(from), end = points.get(to), between: Point[] = [];
    if (!start || !end || start.layer >= end.layer) return between;
    let last = start;
    for (let layer = start.layer + 1; layer <= end.layer; layer++) {
      const next: Point = layer === end.layer ? end : add(layer);
      if (next !== end) between.push(next);
      last.after.push(next);
      next.before.push(last);
      last = next;
    }
    return between;
  });
  order(layers);
  const places = Math.max(1, ...layers.map((layer) => layer.length));
  return { nodes: points, bends, layers: layers.length, places };
}

/** The layer of each node. Nodes on a circle stay where the search met them first. */
function longestPaths(ids: readonly string[], edges: readonly LayoutEdge[]): Map<string, number> {
  const inputs = new Map<string, string[]>(ids.map((id) => [id, []])),
    layers = new Map<string, number>(),
    open = new Set<string>();
  for (const { from, to } of edges) if (inputs.has(from)) inputs.get(to)?.push(from);
  const visit = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return -1;
    open.add(id);
    const layer = 1 + Math.max(-1, ...inputs.get(id)!.map(visit));
    open.delete(id);
    layers.set(id, layer);
    return layer;
  };
  for (const id of ids) visit(id);
  return layers;
}

function order(layers: Point[][]): void {
  for (const layer of layers) spread(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0, pass = down ? layers : [...layers].reverse();
    for (const layer of pass) {
      const wished = new Map(layer.map((point) => [point, mean(down ? point.before : point.after) ?? point.place]));
      layer.sort((a, b) => wished.get(a)! - wished.get(b)!);
      spread(layer);
    }
  }
}

/** Places in order, around a common middle. */
function spread(layer: Point[]): void {
  layer.forEach((point, i) => point.place = i - (layer.length - 1) / 2);
}

function mean(points: readonly Point[]): number | null {
  return points.length === 0 ? null : points.reduce((sum, { place }) => sum + place, 0) / points.length;
}
