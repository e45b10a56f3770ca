export const STAT_STYLE = `
:host { min-width: 150px; }
.body { display: grid; grid-template-columns: 1fr; gap: 2px; padding: 12px 14px 10px; align-content: start; }
.label { color: var(--_dim); font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
.figure { display: flex; align-items: baseline; gap: 5px; font-size: 28px; line-height: 1.2; font-weight: 600; letter-spacing: -.015em; min-width: 0; }
.number { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: isolate; }
.unit { font-size: 14px; font-weight: 450; letter-spacing: 0; color: var(--_dim); }
.verdict { font-size: 12px; color: var(--_dim); min-height: 17px; }
.spark { display: block; width: 100%; height: 34px; margin-top: 4px; }
.body[data-level="warn"] .number, .body[data-level="warn"] .verdict { color: var(--_warn); }
.body[data-level="bad"] .number, .body[data-level="bad"] .verdict { color: var(--_bad); }
.status:is([data-kind="live"], [data-kind="ended"]):not(.remarked) { display: none; }
.probe { display: none; }
`;
