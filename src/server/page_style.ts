/** The page's style: the system's font, its light or dark, tables that scroll by themselves. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --line: #d8dee4; --soft: #f6f8fa; --dim: #59636e; --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; --link: #0969da; }
@media (prefers-color-scheme: dark) {
  :root { --line: #30363d; --soft: #161b22; --dim: #9198a1; --good: #3fb950; --bad: #f85149; --warn: #d29922; --link: #4493f8; }
  body { background: #0d1117; color: #e6edf3; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); padding-bottom: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: 1rem; }
.dim { color: var(--dim); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem 1.25rem .35rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--dim); font-weight: 500; }
td.number, th.number { text-align: right; }
td.reason { white-space: normal; color: var(--bad); }
.running, .completed { color: var(--good); }
.failed { color: var(--bad); }
.starting, .stalled, .stopped { color: var(--warn); }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .75rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
