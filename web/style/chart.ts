/** The first part is what uPlot needs of a page (its own sheet would have to be linked from each shadow root), the second is ours. */
export const CHART_STYLE = `
.uplot { width: min-content; }
.u-wrap { position: relative; user-select: none; }
.u-over, .u-under { position: absolute; }
.u-under { overflow: hidden; }
.uplot canvas { display: block; position: relative; width: 100%; height: 100%; }
.u-axis { position: absolute; }
.u-select { position: absolute; pointer-events: none; background: color-mix(in srgb, var(--_accent) 16%, transparent); border-inline: 1px solid var(--_accent); }
.u-cursor-x, .u-cursor-y { position: absolute; left: 0; top: 0; pointer-events: none; will-change: transform; }
.u-hz .u-cursor-x { height: 100%; border-right: 1px dashed var(--_dim); }
.u-hz .u-cursor-y { width: 100%; border-bottom: 1px dashed var(--_dim); }
.u-cursor-pt { position: absolute; top: 0; left: 0; border-radius: 50%; border: 0 solid; pointer-events: none; will-change: transform; background-clip: padding-box !important; }
.u-axis.u-off, .u-select.u-off, .u-cursor-x.u-off, .u-cursor-y.u-off, .u-cursor-pt.u-off { display: none; }

:host { height: 320px; }
.tools .title { font-weight: 550; }
.tools .at { color: var(--_dim); font-size: 12px; margin-inline-start: auto; }
.body { display: flex; flex-direction: column; }
.plot { flex: 1; min-height: 0; position: relative; touch-action: pan-y; overflow: hidden; outline-offset: -2px; }
.u-over { cursor: crosshair; }
.legend { display: flex; flex-wrap: wrap; gap: 2px; padding: 2px 8px 8px 10px; margin: 0; list-style: none; max-height: 38%; overflow: auto; }
.legend button { border-color: transparent; padding: 1px 7px; min-height: 24px; font-size: 12px; color: var(--_fg); gap: 6px; max-width: 260px; }
.legend button:hover { border-color: var(--_line); }
.legend .swatch { flex: none; width: 12px; height: 3px; border-radius: 2px; background: currentColor; }
.legend .label { overflow: hidden; text-overflow: ellipsis; white-space: pre; unicode-bidi: isolate; }
.legend .value { color: var(--_dim); min-width: 5ch; text-align: end; white-space: nowrap; }
.legend .value.open { font-style: italic; }
.legend button[aria-pressed="false"] { opacity: .45; text-decoration: line-through; }
.legend button[aria-pressed="true"] { color: var(--_fg); }
.probe { display: none; }
`;
