import { setText } from "../components/dom.ts";
import { cut, formatBytes } from "../model/format.ts";
import type {
  DeadRowJson,
  PipelineJson,
  PipelineStateJson,
  QuarantinedJson,
  SinkJson,
  ViewJson,
} from "../page_model/answers.ts";
import { checkpointFigure, latency, plural, rate, short, watermarkFigure } from "../page_model/format.ts";
import { layoutJson } from "../page_model/json_layout.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import type { Ground, Page } from "./app.ts";
import type { Link } from "./link.ts";
import { deployNotesBar } from "./deploy_notes.ts";
import { statePart } from "./pipeline_state.ts";
import { el, KeyedList, type Part, show } from "./dom.ts";
import { partitionTable } from "./partitions.ts";
import {
  component,
  copyBox,
  deletion,
  type Figures,
  figures,
  fixed,
  link,
  listSection,
  pill,
  section,
  table,
  text,
  toneOf,
} from "./parts.ts";

/** More views than anybody watches at a time wait until they are asked for. */
const LIVE_VIEWS_MAX = 6;
const DEAD_ROWS_MAX = 8, RAW_CHARACTERS_MAX = 300;

function figuresOf({ link }: Ground): readonly Figures<PipelineJson>[] {
  return [
    { label: "Rows/s in", of: (p) => ({ value: rate(p.rows_in_per_second), note: `${short(p.rows_in)} in all` }) },
    { label: "Rows/s out", of: (p) => ({ value: rate(p.rows_out_per_second), note: `${short(p.rows_out)} in all` }) },
    {
      label: "Latency p50",
      of: ({ latency_ms: at }) => ({ value: at ? latency(at.p50) : "–", note: at ? `p99 ${latency(at.p99)}` : "" }),
    },
    {
      label: "Watermark (UTC)",
      of: (p) => watermarkFigure(p.watermark, link.now()),
    },
    { label: "Lag", of: (p) => ({ value: short(p.lag_rows), note: p.lag_rows === 1 ? "row waits" : "rows wait" }) },
    { label: "State", of: stateFigure },
    { label: "Checkpoint", of: (p) => checkpointFigure(p.checkpoint ?? null, link.now()) },
    { label: "Late", of: (p) => ({ value: short(p.late_rows), note: "rows", tone: p.late_rows > 0 ? "warn" : "" }) },
    { label: "Dead", of: deadFigure },
  ];
}

/** State that is larger than its memory is slower, since the rest is on disk. */
function stateFigure({ state_rows: rows, state_bytes: bytes, evicted_rows: evicted = 0 }: PipelineJson) {
  const note = `rows, ${formatBytes(bytes)}`;
  if (evicted === 0) return { value: short(rows), note };
  return { value: short(rows), note: `${note}; ${short(evicted)} on disk, slower`, tone: "warn" as const };
}

/** Rows that could not be used, and calls of user functions that failed, if there are any. */
function deadFigure({ dead_rows: dead, function_errors: failed = 0 }: PipelineJson) {
  const note = failed > 0 ? `rows; ${short(failed)} failed ${failed === 1 ? "call" : "calls"}` : "rows";
  return { value: short(dead), note, tone: dead + failed > 0 ? "warn" as const : "" as const };
}

/** A pipeline: what it does, how it fares, what went wrong. */
export function pipelinePage(name: string, ground: Ground): Page {
  const { link: server } = ground, path = apiPath("pipelines", name);
  const state = pill(), reason = el("p", { class: "reason", hidden: true }), totals = figures(figuresOf(ground));
  const views = el("div", { class: "views" }),
    sinks = troubleList(),
    errors = errorList(),
    dead = deadList(),
    out = quarantineList();
  const sql = copyBox("The script in SQL"),
    script = el("details", { hidden: true }, el("summary", {}, "SQL"), sql.node);
  const plan = copyBox("The plan as JSON"), explained = explanation(ground, path);
  const partitions = partitionTable("stream"), kept = statePart(name, ground), noted = deployNotesBar(name, ground);
  let shown = 0;
  const viewList = new KeyedList<ViewJson>(
    views,
    (view) => view.name,
    (view) => viewPart(view, server, shown++ < LIVE_VIEWS_MAX),
  );
  const lost = "Its open windows and the rows of its views are gone with it. Its streams stay.";
  const { button: remove, failure } = deletion(ground, `pipeline ${name}`, path, lost);
  const head = el(
    "div",
    { class: "head" },
    el("h1", {}, name),
    state.node,
    el("span", { class: "grow" }),
    el("span", { class: "row" }, el("a", { class: "button", href: pathTo("change", name) }, "Change"), remove),
  );
  const graph = component(server, "rdx-graph", { src: path });
  const element = el(
    "article",
    {},
    link("#/", "Overview"),
    head,
    failure,
    noted.node,
    reason,
    totals.node,
    section("Flow", graph),
    partitions.node,
    sinks.node,
    kept.node,
    views,
    out.node,
    errors.node,
    dead.node,
    script,
    el("details", {}, el("summary", {}, "Plan"), plan.node),
    explained,
  );

  async function refresh(signal: AbortSignal): Promise<void> {
    noted.update();
    const pipeline = await server.get<PipelineJson>(path, signal);
    state.update({ text: pipeline.state, tone: toneOf(pipeline.state) });
    setText(reason, pipeline.reason ?? "");
    show(reason, pipeline.reason !== null);
    totals.update(pipeline);
    sql.update(pipeline.sql ?? "");
    show(script, typeof pipeline.sql === "string");
    plan.update(layoutJson(pipeline.plan));
    partitions.update((pipeline.partitions ?? []).map((partition) => ({ ...partition, pipeline: name })));
    sinks.update(pipeline.sinks);
    out.update(pipeline.quarantined ?? []);
    errors.update(pipeline.errors);
    kept.update(await server.get<PipelineStateJson>(`${path}/state`, signal));
    const { views } = await server.get<{ views: ViewJson[] }>("/v1/views", signal);
    viewList.update(views.filter((view) => view.pipeline === name && view.state !== "absent"));
    const rows = await Promise.all(pipeline.sources.map((stream) => deadRowsOf(ground, stream, signal)));
    dead.update(rows.flat().slice(0, DEAD_ROWS_MAX));
  }
  return { title: `Pipeline ${name}`, element, refresh };
}

/** A view of the pipeline as chart and table: at once, or when somebody asks for it. */
function viewPart(view: ViewJson, server: Link, atOnce: boolean): Part<ViewJson> {
  const src = apiPath("views", view.name), rows = el("span", { class: "dim" });
  const title = el("h2", {}, "View ", link(pathTo("view", view.name), view.name), " ", rows);
  // Without times there is nothing to draw along.
  const timed = view.columns.some(({ type }) => type === "timestamp");
  const chart = () => timed ? [component(server, "rdx-chart", { src })] : [];
  const components = () => [...chart(), component(server, "rdx-table", { src })];
  const more = el("button", { type: "button", click: () => more.replaceWith(...components()) }, "Show its rows");
  const node = el("section", { "aria-label": `View ${view.name}` }, title, atOnce ? components() : more);
  return { node, update: ({ rows: count }) => setText(rows, plural(count, "row")) };
}

/** Sinks that do not get on: their pipeline runs, and waits for them. */
function troubleList(): Part<readonly SinkJson[]> {
  const rows = table<SinkJson>("Sinks that do not get on", ({ kind, name }) => `${kind} ${name}`, [
    { title: "Kind", cell: text(({ kind }) => kind) },
    { title: "Sink", class: "wrap", cell: text(({ name }) => name) },
    { title: "Why it does not get on", class: "wrap", cell: text(({ trouble }) => trouble ?? "") },
  ]);
  const { node, update } = listSection("Sinks", rows);
  return { node, update: (sinks) => update(sinks.filter(({ trouble }) => typeof trouble === "string")) };
}

type Failure = PipelineJson["errors"][number];

function errorList(): Part<readonly Failure[]> {
  const rows = table<Failure>("Errors", ({ path, offset }) => `${path} ${offset}`, [
    { title: "File or stream", cell: text(({ path }) => path) },
    { title: "Offset", number: true, cell: text(({ offset }) => offset) },
    { title: "Reason", class: "wrap", cell: text(({ reason }) => reason) },
  ]);
  return listSection("Errors", rows);
}

/** Chunks that the pipeline goes on without: it runs, and its results lack their rows. */
function quarantineList(): Part<readonly QuarantinedJson[]> {
  const rows = table<QuarantinedJson>("Quarantined chunks", ({ number }) => String(number), [
    { title: "File or stream", cell: text(({ input }) => input) },
    { title: "From", number: true, cell: text(({ from }) => from) },
    { title: "To", number: true, cell: text(({ to }) => to) },
    { title: "Node", cell: text(({ node }) => node ?? "–") },
    { title: "What broke", class: "wrap", cell: text(({ reason }) => reason) },
  ]);
  return listSection("Quarantined: it goes on without these, since they broke it again and again", rows);
}

type DeadRow = DeadRowJson & { readonly stream: string };

function deadList(): Part<readonly DeadRow[]> {
  const rows = table<DeadRow>(
    "Dead rows",
    ({ stream, offset, line, field }) => `${stream} ${offset} ${line} ${field}`,
    [
      { title: "Stream", cell: fixed(({ stream }) => link(pathTo("stream", stream), stream)) },
      { title: "Offset", number: true, cell: text(({ offset }) => offset) },
      { title: "Field", cell: text(({ field }) => field ?? "–") },
      { title: "Reason", class: "wrap", cell: text(({ reason }) => reason) },
      { title: "Row", class: "wrap mono", cell: text(({ raw }) => raw === null ? "–" : cut(raw, RAW_CHARACTERS_MAX)) },
    ],
  );
  return listSection("Dead rows of its streams", rows);
}

async function deadRowsOf({ link }: Ground, stream: string, signal: AbortSignal): Promise<DeadRow[]> {
  const path = apiPath("streams", stream, `/dead?limit=${DEAD_ROWS_MAX}`);
  try {
    const { rows } = await link.get<{ rows: DeadRowJson[] }>(path, signal);
    return rows.map((row) => ({ ...row, stream }));
  } catch {
    // A source may be a file, and a stream may have gone meanwhile: the rest of the page does not wait for it.
    return [];
  }
}

/** How the plan runs after optimisation; asked for when somebody looks. */
function explanation({ link }: Ground, path: string): HTMLElement {
  const box = copyBox("How the plan runs"), node = el("details", {}, el("summary", {}, "Explain"), box.node);
  node.addEventListener("toggle", () => {
    if (!node.open) return;
    link.text(`${path}/explain`).then(box.update, (thrown) => box.update(String(thrown.message)));
  });
  return node;
}
