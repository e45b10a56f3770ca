/*
 * The elements, for any page: <script type="module" src="https://rdx.example/assets/rdx-components.js"></script>, then
 * <rdx-chart server="https://rdx.example" src="/v1/views/delays"></rdx-chart>. A page of another origin needs the server's leave (`--allow-origin`).
 */
import { RdxChart } from "./components/chart.ts";
import { RdxGraph } from "./components/graph.ts";
import { RdxStat } from "./components/stat.ts";
import { RdxStream } from "./components/stream.ts";
import { RdxTable } from "./components/table.ts";

export { RdxChart, RdxGraph, RdxStat, RdxStream, RdxTable };

const elements = [["rdx-table", RdxTable], ["rdx-chart", RdxChart], ["rdx-stat", RdxStat], ["rdx-graph", RdxGraph], [
  "rdx-stream",
  RdxStream,
]] as const;

// A page may load the bundle twice, under two addresses.
for (const [name, element] of elements) if (!customElements.get(name)) customElements.define(name, element);
