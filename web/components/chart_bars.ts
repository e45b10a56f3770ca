import type uPlot from "uplot";

/** Part of the distance between two places that bars take, and pixels of a bar in a chart that has but one place. */
const GROUP_SHARE = 0.78, LONE_PX = 60;

/** Draws bars of several series side by side: `place` of `places` at each x. */
export function groupedBars(place: number, places: number): uPlot.Series.PathBuilder {
  return (plot, series, first, end) => {
    const xs = plot.data[0], ys = plot.data[series], path = new Path2D();
    const group = GROUP_SHARE * columnPx(plot, first, end),
      width = Math.max(1, group / places - (group > 6 * places ? 1 : 0));
    const zero = plot.valToPos(Math.max(plot.scales.y.min!, Math.min(0, plot.scales.y.max!)), "y", true);
    for (let i = first; i <= end; i++) {
      const y = ys[i];
      if (y === null || y === undefined) continue;
      const left = plot.valToPos(xs[i], "x", true) - group / 2 + place * group / places,
        top = plot.valToPos(y, "y", true);
      path.rect(left, Math.min(top, zero), width, Math.max(1, Math.abs(zero - top)));
    }
    return { stroke: path, fill: path, flags: 0 };
  };
}

/** The smallest distance between two places, in pixels of the canvas. */
function columnPx(plot: uPlot, first: number, end: number): number {
  const xs = plot.data[0];
  let least = Infinity;
  for (let i = first + 1; i <= end; i++) least = Math.min(least, xs[i] - xs[i - 1]);
  if (least === Infinity) return LONE_PX * devicePixelRatio;
  return plot.valToPos(xs[first] + least, "x", true) - plot.valToPos(xs[first], "x", true);
}
