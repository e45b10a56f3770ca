import type { Palette } from "./chart_plot.ts";

/** The colours of an element as its canvas takes them. `probe` lies in the element and is not shown: the page's style computes on it what variables mean. */
export function paletteOf(probe: HTMLElement): Palette {
  const style = getComputedStyle(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return style.color;
  };
  return {
    series: Array.from({ length: 8 }, (_, i) => colour(`--_series-${i + 1}`)),
    dim: colour("--_dim"),
    line: colour("--_line"),
    font: style.fontFamily,
  };
}
