import { setText } from "../components/dom.ts";
import { formatBytes, formatDuration, formatNumber } from "../model/format.ts";
import type { ColumnJson, ErrorPlace, IngestJson, PipelineJson, StreamJson } from "../page_model/answers.ts";
import { plural, short } from "../page_model/format.ts";
import { apiPath, pathTo } from "../page_model/routes.ts";
import { exampleRow, sendLine } from "../page_model/snippets.ts";
import { RdxError, reasonOf } from "../../src/core/errors.ts";
import type { Ground, Page } from "./app.ts";
import { DeadRows } from "./dead_rows.ts";
import { partitionTable, type ReadPartition } from "./partitions.ts";
import { el, fill, type Part } from "./dom.ts";
import { component, copyBox, deletion, type Figures, figures, link, section, table, text } from "./parts.ts";

/** More columns are counted, not shown: nobody reads them, and every one is a row of the page. */
const COLUMNS_SHOWN_MAX = 500;
const NDJSON = "application/x-ndjson", ERRORS_SHOWN_MAX = 20;

const FIGURES: readonly Figures<StreamJson>[] = [
  { label: "Rows in", of: (s) => ({ value: short(s.rows_in), note: `offsets ${s.start} to ${s.end}` }) },
  { label: "Bytes in", of: (s) => ({ value: formatBytes(s.bytes_in), note: `${formatBytes(s.unread_bytes)} unread` }) },
  {
    label: "Dead",
    of: (s) => ({ value: short(s.dead_open), note: deadNote(s), tone: s.dead_open > 0 ? "warn" : "" }),
  },
  {
    label: "Schema",
    of: (s) => ({ value: s.declared ? "declared" : "inferred", note: `version ${s.schema_version}` }),
  },
  {
    label: "Event time",
    of: (s) => ({
      value: s.time ?? "arrival",
      note: s.delay_ms > 0 ? `${formatDuration(s.delay_ms)} delay` : "no delay",
    }),
  },
  {
    label: "Partitions",
    of: (s) => ({
      value: String(s.partitions),
      note: s.partition_by.length > 0 ? `by ${s.partition_by.join(", ")}` : "of whole requests",
    }),
  },
  { label: "Bad rows", of: (s) => ({ value: s.on_error === "reject" ? "reject" : "dead letters", note: "on error" }) },
  {
    label: "Kept",
    of: (s) => ({ value: s.retention_ms === null ? "as room is" : formatDuration(s.retention_ms), note: "retention" }),
  },
];

/** How many there ever were, where that is more. */
function deadNote({ dead_rows: ever, dead_open: open }: StreamJson): string {
  return ever > open ? `rows, of ${short(ever)} in all` : "rows";
}

/** A stream: its columns and rows, and a place to send some by hand. */
export function streamPage(name: string, ground: Ground): Page {
  const { link: server } = ground, path = apiPath("streams", name);
  const totals = figures(FIGURES), readers = el("p"), ended = el("span", { class: "pill", "data-tone": "dim" });
  const columns = table<ColumnJson>("Columns", (column) => column.name, [
    { title: "Column", cell: text((column) => column.name) },
    { title: "Type", class: "mono", cell: text((column) => column.type) },
    { title: "NULL", cell: text((column) => column.nullable ? "allowed" : "never") },
  ]);
  const more = el("p", { class: "dim" });
  const sending = sendForm(ground, path), curl = copyBox("A curl line that sends a row");
  const lost = "All rows that it keeps are gone with it, and those that were put aside as dead or late.";
  const { button: remove, failure } = deletion(ground, `stream ${name}`, path, lost);
  const head = el("div", { class: "head" }, el("h1", {}, name), ended, el("span", { class: "grow" }), remove);
  const dead = new DeadRows(ground, name, path), partitions = partitionTable("pipeline");
  let shape = "";
  const element = el(
    "article",
    {},
    link("#/", "Overview"),
    head,
    failure,
    totals.node,
    readers,
    partitions.node,
    section("Rows", component(server, "rdx-stream", { src: path })),
    dead.node,
    el("div", { class: "two" }, section("Columns", columns.node, more), sending.node),
    section("From a shell", curl.node),
  );

  async function refresh(signal: AbortSignal): Promise<void> {
    const stream = await server.get<StreamJson>(path, signal);
    totals.update(stream);
    columns.update(stream.columns.slice(0, COLUMNS_SHOWN_MAX));
    setText(more, moreText(stream.columns.length - COLUMNS_SHOWN_MAX));
    setText(ended, stream.ended ? "ended" : "open");
    const next = JSON.stringify([stream.columns, stream.readers]);
    await dead.refresh(stream, signal);
    if (stream.partitions > 1) partitions.update(await partitionsOf(ground, name, signal));
    if (next === shape) return;
    // Text to copy stays as it is while somebody reads it.
    shape = next;
    showReaders(readers, stream);
    const row = exampleRow(stream.columns, server.now());
    sending.update(row);
    curl.update(sendLine(server.origin, name, row, server.token !== null));
  }
  return { title: `Stream ${name}`, element, refresh };
}

/** Where its readers are in its partitions. */
async function partitionsOf({ link }: Ground, stream: string, signal: AbortSignal): Promise<ReadPartition[]> {
  const { pipelines } = await link.get<{ pipelines: PipelineJson[] }>("/v1/pipelines", signal);
  const all = pipelines.flatMap(({ name, partitions = [] }) => partitions.map((one) => ({ ...one, pipeline: name })));
  return all.filter((partition) => partition.stream === stream);
}

function moreText(count: number): string {
  return count > 0 ? `and ${plural(count, "more column")}` : "";
}

function showReaders(element: HTMLElement, { readers }: StreamJson): void {
  const links = readers.flatMap((reader, i) => [i > 0 ? ", " : "", link(pathTo("pipeline", reader), reader)]);
  fill(element, readers.length > 0 ? ["Read by ", links, "."] : "No pipeline reads it.");
}

/** Rows by hand, with the server's answer below. The item is a row to begin with. */
function sendForm(ground: Ground, path: string): Part<string> {
  const rows = el("textarea", { id: "rows", rows: 5, class: "mono", spellcheck: "false", wrap: "off" });
  const answer = el("div", { role: "status", class: "answer" }),
    button = el("button", { class: "primary" }, "Send rows");
  const form = el(
    "form",
    { submit: (event) => void send(event) },
    el("label", { for: "rows" }, "Rows as NDJSON, one a line"),
    rows,
    el("div", { class: "row" }, button),
    answer,
  );
  let filled = false;
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    button.disabled = true;
    try {
      const init = {
        method: "POST",
        headers: { "content-type": NDJSON, accept: "application/json" },
        body: rows.value,
      };
      showAnswer(answer, JSON.parse(await ground.link.text(path, init)));
      ground.refresh();
    } catch (thrown) {
      const details = thrown instanceof RdxError ? thrown.details : [];
      fill(answer, el("p", { class: "reason" }, `Nothing was stored: ${reasonOf(thrown)}.`), errorLines(details));
    } finally {
      button.disabled = false;
    }
    ground.announce(answer.firstElementChild?.textContent ?? "");
  }
  return {
    node: section("Send rows by hand", form),
    update(row) {
      if (!filled) rows.value = row;
      filled = true;
    },
  };
}

function showAnswer(answer: HTMLElement, { accepted, rejected, offset, errors }: IngestJson): void {
  const tone = rejected > 0 ? "warn" : "good", at = accepted > 0 ? ` from offset ${formatNumber(offset)}` : "";
  const bad = rejected > 0 ? `; ${plural(rejected, "row")} went to the dead letters` : "";
  fill(answer, el("p", { "data-tone": tone }, `${plural(accepted, "row")} accepted${at}${bad}.`), errorLines(errors));
}

function errorLines(errors: readonly ErrorPlace[]): HTMLElement {
  return el(
    "ul",
    { class: "errors" },
    errors.slice(0, ERRORS_SHOWN_MAX).map(({ line, column, field, reason }) => {
      const place = [
        line === undefined ? "" : `line ${line}`,
        column === undefined ? "" : `column ${column}`,
        field === undefined ? "" : `field ${field}`,
      ].filter(Boolean).join(", ");
      return el("li", {}, place === "" ? "" : el("strong", {}, `${place}: `), reason);
    }),
  );
}
