/*
 * uPlot without what no chart of ours uses: other shapes of lines, its legend, scales that are not linear, facets, its local calendar, and charts whose
 * cursors follow each other. They are a fifth of it, and hang together with the rest so that no bundler can leave them out.
 *
 * Functions lose their bodies and conditions become constants; the minifier takes what can never run. Each rule must find its place, so that another version
 * of uPlot cannot be cut wrongly in silence.
 */

/** Functions that are never called, or whose answers are never looked at. */
const UNUSED = [
  "bars",
  "stepped",
  "splineInterp",
  "_monotoneCubic",
  "monotoneCubic",
  "join",
  "isAsc",
  "rangeLog",
  "rangeAsinh",
  "logAxisSplits",
  "asinhAxisSplits",
  "log10AxisValsFilt",
  "log2AxisValsFilt",
  "numAxisVals",
  "snapNumX",
  "fmtDate",
  "tzDate",
  "timeAxisVals",
  "timeAxisStamps",
  "timeSeriesVal",
  "timeSeriesStamp",
  "initLegendRow",
  "setLegend",
  "_sync",
  "pubSync",
  "addBand",
  "setBand",
  "delBand",
  "delSeries",
];

/** What is the same in all our charts: one x for all series, linear scales from left to right, no legend, no other charts' events. */
const CONSTANTS: readonly (readonly [RegExp, string])[] = [
  [/^function genTimeStuffs\(ms\) \{\n[^]*?\n\}\n/m, "function genTimeStuffs() {\n\treturn [[], [], () => {}];\n}\n"],
  [/\b(?:self\.|u\.)?mode == 2\b/g, "false"],
  [/\b(?:self\.|u\.)?mode == 1\b/g, "true"],
  [/\b[\w.]*[dD]istr == +(?:2|3|4|100)\b/g, "false"],
  [/\b[\w.]*[dD]istr == +1\b/g, "true"],
  [/\bshowLegend = legend\.show\b/g, "showLegend = false"],
  [/\bscaleX\.ori == 0/g, "true"],
  [/\blegend\.live\b/g, "false"],
  [/^const legendOpts = \{\n[^]*?\n\};\n/m, "const legendOpts = { values: [] };\n"],
  [/^\t\tmarkers\.\w+ += fnOrSelf\(.*\n/gm, ""],
  [/\bsyncKey != null\b/g, "false"],
  [/\bsync\.(?:un)?sub\(self\);/g, ""],
  [/\bsrc == null\b/g, "true"],
  [/\bsrc != null\b/g, "false"],
];

/** `source`: the package's ES module. Throws when it is not the one that these rules were made for. */
export function leanUplot(source: string): string {
  let text = source;
  for (const name of UNUSED) {
    const body = new RegExp(`^(\\t?)function ${name}\\(.*\\) \\{\\n[^]*?\\n\\1\\}\\n`, "m");
    if (!body.test(text)) {
      throw new Error(`Cannot find the function ${name} in uPlot: look at the rules in lean_uplot.ts`);
    }
    text = text.replace(body, `$1function ${name}() {}\n`);
  }
  for (const [rule, value] of CONSTANTS) {
    if (text.search(rule) < 0) throw new Error(`Cannot find ${rule} in uPlot: look at the rules in lean_uplot.ts`);
    text = text.replace(rule, value);
  }
  return text;
}
