export const TABLE_STYLE = `
:host { height: 360px; }
.tools input { width: min(220px, 45%); }
.tools .count { margin-inline-start: auto; color: var(--_dim); font-size: 12px; }
.grid { position: absolute; inset: 0; overflow: auto; overscroll-behavior: contain; outline-offset: -2px; }
.sheet { position: relative; min-width: 100%; }
.head { position: sticky; top: 0; z-index: 2; height: 30px; background: var(--_bg); border-bottom: 1px solid var(--_line); }
.headcell, .cell { position: absolute; top: 0; height: 100%; padding: 0 11px; overflow: hidden; white-space: pre; text-overflow: ellipsis; unicode-bidi: isolate; }
.cell { line-height: 27px; }
.headcell { display: flex; align-items: center; color: var(--_dim); font-weight: 550; font-size: 12px; cursor: pointer; gap: 4px; user-select: none; }
.headcell:hover { color: var(--_fg); background: var(--_soft); }
.headcell .name { overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
.headcell .arrow { flex: none; font-size: 9px; color: var(--_accent); width: 8px; }
.headcell[aria-sort="none"] .arrow { display: none; }
.row { position: absolute; left: 0; right: 0; height: 28px; contain: strict; border-bottom: 1px solid color-mix(in srgb, var(--_line) 55%, transparent); }
.row:hover, .row.open:hover { background: var(--_soft); }
.numeric { justify-content: flex-end; text-align: end; }
.null { color: var(--_dim); font-style: italic; font-size: 11px; letter-spacing: .04em; opacity: .8; }
.row.open { background: color-mix(in srgb, var(--_accent) 3.5%, transparent); }
.row.open .cell { color: color-mix(in srgb, var(--_fg) 78%, var(--_bg)); }
.row.open::before { content: ""; position: absolute; inset: 3px auto 3px 0; border-left: 3px dotted var(--_accent); }
.grid:focus-visible .active { box-shadow: inset 0 0 0 2px var(--_accent); border-radius: 3px; }
`;
