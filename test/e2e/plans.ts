/** Nodes of plans, short. A node without `input` reads the one called `in`. */
export const source = (stream: string, more: Record<string, unknown> = {}) => ({
  id: "in",
  op: "source",
  stream,
  ...more,
});

export const tumble = (sizeMs: number, input = "in") => ({
  id: "window",
  op: "window",
  input: [input],
  window: { kind: "tumble", size_ms: sizeMs },
});

export const aggregate = (keys: readonly string[], aggs: readonly unknown[]) => ({
  id: "aggregate",
  op: "aggregate",
  input: ["window"],
  keys,
  aggs,
});

export const COUNT = { fn: "count", as: "n" };

export const filter = (call: string, column: string, literal: unknown) => ({
  id: "filter",
  op: "filter",
  input: ["in"],
  where: { call, args: [{ column }, { literal }] },
});

export const toView = (name: string, input: string) => ({
  id: "out",
  op: "sink",
  input: [input],
  sink: { kind: "view", name },
});

export const toFile = (path: string, input: string) => ({
  id: "out",
  op: "sink",
  input: [input],
  sink: { kind: "file", path, format: "ndjson" },
});

export const toStdout = (input: string) => ({
  id: "out",
  op: "sink",
  input: [input],
  sink: { kind: "stdout", format: "ndjson" },
});

export const plan = (...nodes: readonly unknown[]) => ({ rdx: 1, nodes });

/** Rows counted by key and window, into a view. */
export const counts = (stream: string, view: string, sizeMs: number, keys: readonly string[], more = {}) =>
  plan(source(stream, more), tumble(sizeMs), aggregate(keys, [COUNT]), toView(view, "aggregate"));
