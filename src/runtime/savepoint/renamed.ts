interface SinkNode {
  readonly sink?: { readonly kind?: unknown; readonly name?: unknown };
}

/** The plan of a pipeline under another name; a view that was called like the pipeline is called like it again. */
export function renamedPlan(plan: unknown, before: string, name: string): unknown {
  const { nodes, ...rest } = plan as { readonly nodes: readonly SinkNode[] };
  const renamed = nodes.map((node) => {
    const { sink } = node;
    return sink?.kind === "view" && sink.name === before ? { ...node, sink: { ...sink, name } } : node;
  });
  return { ...rest, name, nodes: renamed };
}
