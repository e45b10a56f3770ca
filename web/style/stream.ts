export const STREAM_STYLE = `
:host { height: 320px; }
.tools { padding-block: 0; }
[role="tablist"] { display: flex; gap: 2px; }
[role="tab"] { border: 0; border-bottom: 2px solid transparent; border-radius: 0; padding: 8px 10px 6px; color: var(--_dim); }
[role="tab"]:hover { background: none; color: var(--_fg); }
[role="tab"][aria-selected="true"] { color: var(--_fg); border-bottom-color: var(--_accent); font-weight: 550; }
.actions { display: flex; gap: 6px; margin-inline-start: auto; padding-block: 4px; }
.pane { position: absolute; inset: 0; overflow: auto; overscroll-behavior: contain; }
table { border-collapse: separate; border-spacing: 0; min-width: 100%; }
th { position: sticky; top: 0; background: var(--_bg); text-align: start; color: var(--_dim); font-weight: 550; font-size: 12px; border-bottom: 1px solid var(--_line); }
th, td { padding: 4px 11px; white-space: pre; max-width: 420px; overflow: hidden; text-overflow: ellipsis; unicode-bidi: isolate; }
td { border-bottom: 1px solid color-mix(in srgb, var(--_line) 55%, transparent); }
tbody tr { cursor: pointer; }
tbody tr:hover { background: var(--_soft); }
tbody tr:focus-visible { outline-offset: -2px; }
.numeric { text-align: end; }
.null { color: var(--_dim); font-style: italic; font-size: 11px; opacity: .8; }
.reason { color: var(--_bad); white-space: normal; min-width: 220px; max-width: 460px; overflow-wrap: anywhere; }
.raw { font: 12px/1.4 var(--_mono); }
.say { padding: 18px 14px; color: var(--_dim); max-width: 60ch; }
.say button { margin-top: 8px; color: var(--_fg); }
`;
