/** The panel that shows a whole value, above what it is a part of. */
export const PANEL_STYLE = `
.panel { position: absolute; inset: auto 0 0 0; max-height: 70%; display: flex; flex-direction: column; z-index: 3; background: var(--_bg); border-top: 1px solid var(--_line); box-shadow: 0 -6px 18px color-mix(in srgb, #000 14%, transparent); }
.panel header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 6px 10px; }
.panel .title { font-weight: 600; overflow-wrap: anywhere; margin-inline-end: auto; unicode-bidi: isolate; }
.panel pre { margin: 0; padding: 4px 12px 12px; overflow: auto; font: 12px/1.5 var(--_mono); white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; }
`;
