export const GRAPH_STYLE = `
:host { min-height: 160px; }
.body { overflow: auto; display: flex; padding: 14px; }
svg { display: block; margin: auto; flex: none; overflow: visible; font-size: 12px; }
.edge { fill: none; stroke: var(--_line); stroke-width: 1.5; }
.edge.flowing { stroke: color-mix(in srgb, var(--_accent) 60%, var(--_line)); }
.edge.queued { stroke: var(--_warn); stroke-dasharray: 5 3; }
.tip { fill: color-mix(in srgb, var(--_dim) 70%, var(--_bg)); }
.info { text-anchor: middle; fill: var(--_dim); font-size: 11px; paint-order: stroke; stroke: var(--_bg); stroke-width: 4px; stroke-linejoin: round; }
.info .rate { fill: var(--_fg); font-weight: 550; }
.info .queue { fill: var(--_warn); }
.node { cursor: pointer; outline: none; }
.node rect { fill: var(--_bg); stroke: color-mix(in srgb, var(--_dim) 45%, var(--_line)); stroke-width: 1; rx: 7px; }
.node:hover rect { fill: var(--_soft); }
.node:focus-visible rect, .node.chosen rect { stroke: var(--_accent); stroke-width: 2; }
.node .op { fill: var(--_dim); font-size: 11px; }
.node .id { fill: var(--_fg); font-weight: 550; }
.node.source .mark { fill: var(--_series-3); }
.node.sink .mark { fill: var(--_series-1); }
.node .mark { fill: var(--_dim); }
.details { padding: 7px 12px; border-top: 1px solid var(--_line); overflow-wrap: anywhere; min-height: 34px; }
`;
