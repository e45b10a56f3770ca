import { setText } from "../components/dom.ts";
import { formatBytes, formatDuration } from "../model/format.ts";
import type { PipelineJson, StreamJson, ViewJson } from "../page_model/answers.ts";
import { latency, rate, short, watermarkLag, watermarkText } from "../page_model/format.ts";
import { pathTo } from "../page_model/routes.ts";
import type { Ground, Page } from "./app.ts";
import { el, type Part, show } from "./dom.ts";
import { emptyState } from "./empty.ts";
import {
  type Figures,
  figures,
  fixed,
  link,
  pill,
  section,
  sparkline,
  table,
  type TableColumn,
  text,
  toneOf,
} from "./parts.ts";

/** All pipelines together. */
interface Totals {
  readonly pipelines: readonly PipelineJson[];
  readonly streams: readonly StreamJson[];
}

const sum = <T>(items: readonly T[], of: (item: T) => number) => items.reduce((total, item) => total + of(item), 0);

/** The slowest pipeline's latency: an average over pipelines would hide it. */
function worst({ pipelines }: Totals, of: "p50" | "p99"): string {
  const known = pipelines.flatMap(({ latency_ms }) => latency_ms ? [latency_ms[of]] : []);
  return known.length === 0 ? "–" : latency(Math.max(...known));
}

function totalRate(pipelines: readonly PipelineJson[], which: "rows_in" | "rows_out") {
  const note = `${short(sum(pipelines, (p) => p[which]))} in all`;
  return { value: rate(sum(pipelines, (p) => p[`${which}_per_second`])), note };
}

const FIGURES: readonly Figures<Totals>[] = [
  { label: "Rows/s in", of: ({ pipelines }) => totalRate(pipelines, "rows_in") },
  { label: "Rows/s out", of: ({ pipelines }) => totalRate(pipelines, "rows_out") },
  { label: "Latency p50", of: (totals) => ({ value: worst(totals, "p50"), note: "of the slowest" }) },
  { label: "Latency p99", of: (totals) => ({ value: worst(totals, "p99"), note: "of the slowest" }) },
  {
    label: "Lag",
    of: ({ pipelines }) => {
      const rows = sum(pipelines, (p) => p.lag_rows);
      return { value: short(rows), note: rows === 1 ? "row waits" : "rows wait" };
    },
  },
  { label: "Errors", of: errorFigure },
];

function errorFigure({ pipelines, streams }: Totals) {
  const failed = pipelines.filter(({ state }) => state === "failed").length;
  const dead = sum(streams, (s) => s.dead_open), late = sum(pipelines, (p) => p.late_rows);
  const note = `${short(dead)} dead, ${short(late)} late`;
  return {
    value: failed > 0 ? `${failed} failed` : short(dead),
    note,
    tone: failed > 0 ? "bad" : dead > 0 ? "warn" : "",
  };
}

/** A name that leads to its page, with what keeps a pipeline from running below. */
function stateCell(): Part<PipelineJson> {
  const state = pill(), reason = el("span", { class: "reason" }), node = el("div", {}, state.node, reason);
  return {
    node,
    update(pipeline) {
      const { progress } = pipeline, done = progress !== null && pipeline.state !== "completed";
      const part = done ? ` ${Math.floor(progress * 100)} %` : "";
      state.update({ text: pipeline.state + part, tone: toneOf(pipeline.state) });
      setText(reason, pipeline.reason ?? "");
    },
  };
}

function rateCell({ history }: Ground, which: "in" | "out") {
  return (): Part<PipelineJson> => {
    const value = el("span", { class: "value" }),
      line = sparkline(),
      node = el("div", { class: "with-spark" }, line.node, value);
    return {
      node,
      update(pipeline) {
        setText(value, rate(which === "in" ? pipeline.rows_in_per_second : pipeline.rows_out_per_second));
        line.update(history.of(`${pipeline.name} ${which}`));
      },
    };
  };
}

function pipelineColumns(ground: Ground): TableColumn<PipelineJson>[] {
  const lag = (p: PipelineJson) => watermarkLag(p.watermark, ground.link.now());
  return [
    { title: "Pipeline", cell: fixed((p) => link(pathTo("pipeline", p.name), p.name)) },
    { title: "State", class: "state", cell: stateCell },
    { title: "Rows/s in", number: true, cell: rateCell(ground, "in") },
    { title: "Rows/s out", number: true, cell: rateCell(ground, "out") },
    { title: "p50", number: true, cell: text((p) => p.latency_ms ? latency(p.latency_ms.p50) : "–") },
    { title: "p99", number: true, cell: text((p) => p.latency_ms ? latency(p.latency_ms.p99) : "–") },
    { title: "Watermark (UTC)", cell: text((p) => watermarkText(p.watermark)) },
    { title: "", class: "dim", cell: text(lag) },
    { title: "Lag rows", number: true, cell: text((p) => short(p.lag_rows)) },
    { title: "Late", number: true, cell: text((p) => short(p.late_rows)) },
    { title: "Dead", number: true, cell: text((p) => short(p.dead_rows)) },
  ];
}

const STREAM_COLUMNS: TableColumn<StreamJson>[] = [
  { title: "Stream", cell: fixed((s) => link(pathTo("stream", s.name), s.name)) },
  { title: "Columns", number: true, cell: text((s) => s.columns.length) },
  { title: "Schema", cell: text((s) => (s.declared ? "declared" : "inferred") + (s.ended ? ", ended" : "")) },
  { title: "Event time", cell: text((s) => s.time === null ? "arrival" : delayed(s)) },
  { title: "Rows in", number: true, cell: text((s) => short(s.rows_in)) },
  { title: "Bytes in", number: true, cell: text((s) => formatBytes(s.bytes_in)) },
  { title: "Dead", number: true, cell: text((s) => short(s.dead_open)) },
  { title: "Read by", class: "wrap", cell: text((s) => s.readers.join(", ") || "nobody") },
];

function delayed({ time, delay_ms }: StreamJson): string {
  return delay_ms === 0 ? `${time}` : `${time}, ${formatDuration(delay_ms)} behind`;
}

/** Whether a view is there, or comes back with its pipeline. */
function viewState(): Part<ViewJson> {
  const { node, update } = pill();
  return {
    node,
    update: ({ state }) => {
      if (state === "ready") update({ text: "ready", tone: "good" });
      else update({ text: state === "absent" ? "comes back" : "recovering", tone: "warn" });
    },
  };
}

const VIEW_COLUMNS: TableColumn<ViewJson>[] = [
  { title: "View", cell: fixed((v) => link(pathTo("view", v.name), v.name)) },
  { title: "Pipeline", cell: fixed((v) => link(pathTo("pipeline", v.pipeline), v.pipeline)) },
  { title: "State", class: "state", cell: viewState },
  { title: "Keys", class: "wrap", cell: text((v) => v.state === "absent" ? "–" : v.keys.join(", ") || "none") },
  { title: "Rows", number: true, cell: text((v) => v.state === "absent" ? "–" : short(v.rows)) },
  { title: "Watermark (UTC)", cell: text((v) => v.state === "absent" ? "–" : watermarkText(v.watermark)) },
];

/** The first page: what runs, how fast, and what is wrong. */
export function overviewPage(ground: Ground): Page {
  const totals = figures(FIGURES), name = ({ name }: { name: string }) => name;
  const pipelines = table<PipelineJson>("Pipelines", name, pipelineColumns(ground));
  const views = table<ViewJson>("Views", name, VIEW_COLUMNS),
    streams = table<StreamJson>("Streams", name, STREAM_COLUMNS);
  const parts = [
    { shown: section("Pipelines", pipelines.node), of: pipelines },
    { shown: section("Views", views.node), of: views },
    { shown: section("Streams", streams.node), of: streams },
  ];
  const full = el("div", { class: "stack", hidden: true }, totals.node, parts.map(({ shown }) => shown)),
    empty = emptyState(ground);
  const loading = el("p", { class: "dim" }, "Asking the server what runs …");
  const element = el("article", {}, el("h1", {}, "Overview"), loading, full, empty.node);
  async function refresh(signal: AbortSignal): Promise<void> {
    const { link } = ground;
    const [p, v, s] = await Promise.all([
      link.get<{ pipelines: PipelineJson[] }>("/v1/pipelines", signal),
      link.get<{ views: ViewJson[] }>("/v1/views", signal),
      link.get<{ streams: StreamJson[] }>("/v1/streams", signal),
    ]);
    ground.history.add(
      performance.now(),
      p.pipelines.flatMap((one) => [
        [`${one.name} in`, one.rows_in_per_second] as const,
        [`${one.name} out`, one.rows_out_per_second] as const,
      ]),
    );
    show(loading, false);
    totals.update({ pipelines: p.pipelines, streams: s.streams });
    pipelines.update(p.pipelines);
    views.update(v.views);
    streams.update(s.streams);
    [p.pipelines, v.views, s.streams].forEach((list, i) => show(parts[i].shown, list.length > 0));
    const nothing = p.pipelines.length + s.streams.length === 0;
    show(full, !nothing);
    empty.update({ nothing, streams: s.streams });
  }
  return { title: "Overview", element, refresh };
}
