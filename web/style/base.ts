/*
 * What all elements share. A page themes them with --rdx-… variables; where it sets none, these hold, light or dark by the reader's choice or by
 * the attribute `theme`. Inside, only the --_… names are used.
 */
export const BASE_STYLE = `
:host {
  color-scheme: light dark;
  --_bg: var(--rdx-bg, light-dark(#ffffff, #10141a));
  --_fg: var(--rdx-fg, light-dark(#1c2128, #e3e8ef));
  --_dim: var(--rdx-dim, light-dark(#59636f, #939dab));
  --_line: var(--rdx-line, light-dark(#e1e5ea, #29303a));
  --_accent: var(--rdx-accent, light-dark(#1f66d6, #6ea8fe));
  --_warn: var(--rdx-warn, light-dark(#8f5f00, #e3ac45));
  --_bad: var(--rdx-bad, light-dark(#c42b32, #ff7b72));
  --_good: var(--rdx-good, light-dark(#1a7f3c, #4cc26a));
  --_soft: color-mix(in srgb, var(--_fg) 4%, var(--_bg));
  --_font: var(--rdx-font, system-ui, sans-serif);
  --_mono: var(--rdx-mono, ui-monospace, monospace);
  --_series-1: var(--rdx-series-1, light-dark(#2868d8, #6ea8fe));
  --_series-2: var(--rdx-series-2, light-dark(#d2691e, #f2a25c));
  --_series-3: var(--rdx-series-3, light-dark(#12876f, #4ecbb0));
  --_series-4: var(--rdx-series-4, light-dark(#a8429b, #e08fd6));
  --_series-5: var(--rdx-series-5, light-dark(#8a6f0b, #d9c24f));
  --_series-6: var(--rdx-series-6, light-dark(#c9354a, #ff8795));
  --_series-7: var(--rdx-series-7, light-dark(#6250c4, #a99bff));
  --_series-8: var(--rdx-series-8, light-dark(#4f6272, #9fb3c4));
  display: block;
  box-sizing: border-box;
  min-width: 0;
  color: var(--_fg);
  font: 13px/1.45 var(--_font);
  font-variant-numeric: tabular-nums;
  text-align: start;
  contain: content;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
.frame { display: flex; flex-direction: column; height: 100%; min-height: inherit; background: var(--_bg); border: 1px solid var(--_line); border-radius: 8px; overflow: hidden; }
.body { flex: 1; min-height: 0; position: relative; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; padding: 6px 10px; border-bottom: 1px solid var(--_line); }
.tools:empty { display: none; }
.status { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 12px; padding: 4px 10px 5px; border-top: 1px solid var(--_line); color: var(--_dim); font-size: 12px; min-height: 27px; }
.sentence { display: inline-flex; align-items: baseline; gap: 7px; min-width: 0; overflow-wrap: anywhere; }
.sentence::before { content: ""; flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--_dim); transform: translateY(-1px); }
.status[data-kind="live"] .sentence::before { background: var(--_good); }
.status:is([data-kind="waiting"], [data-kind="gone"], [data-kind="paused"]) .sentence::before { background: var(--_warn); }
.status:is([data-kind="refused"], [data-kind="invalid"], [data-kind="failed"]) .sentence::before { background: var(--_bad); }
.status:is([data-kind="waiting"], [data-kind="gone"], [data-kind="refused"], [data-kind="invalid"], [data-kind="failed"]) .sentence { color: var(--_fg); }
.remark { overflow-wrap: anywhere; }
.remark.alert { color: var(--_warn); }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.dim { color: var(--_dim); }
button, input { font: inherit; color: inherit; }
button { display: inline-flex; align-items: center; gap: 6px; min-height: 26px; padding: 2px 9px; background: transparent; border: 1px solid var(--_line); border-radius: 6px; cursor: pointer; }
button:hover { background: var(--_soft); }
button:disabled { opacity: .5; cursor: default; }
button[aria-pressed="true"] { border-color: var(--_accent); color: var(--_accent); }
input[type="search"] { min-height: 26px; padding: 2px 8px; background: var(--_bg); border: 1px solid var(--_line); border-radius: 6px; }
input::placeholder { color: var(--_dim); opacity: 1; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: -1px; }
@media (pointer: coarse) { button, input[type="search"] { min-height: 34px; } }
`;
