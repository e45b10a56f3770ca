import { formatNumber } from "../model/format.ts";
import type { PartitionJson } from "../page_model/answers.ts";
import { plural, watermarkText } from "../page_model/format.ts";
import { pathTo } from "../page_model/routes.ts";
import type { Part } from "./dom.ts";
import { fixed, link, listSection, table, type TableColumn, text } from "./parts.ts";

/** A partition as one pipeline reads it. */
export interface ReadPartition extends PartitionJson {
  readonly pipeline: string;
}

/** Where pipelines are in the partitions of streams; `names`: whether a row tells the stream or the pipeline. */
export function partitionTable(names: "stream" | "pipeline"): Part<readonly ReadPartition[]> {
  const name: TableColumn<ReadPartition> = names === "stream"
    ? { title: "Stream", cell: fixed(({ stream }) => link(pathTo("stream", stream), stream)) }
    : { title: "Pipeline", cell: fixed(({ pipeline }) => link(pathTo("pipeline", pipeline), pipeline)) };
  const key = ({ pipeline, source, stream, partition }: ReadPartition) =>
    JSON.stringify([pipeline, source, stream, partition]);
  const rows = table<ReadPartition>("Partitions", key, [
    name,
    { title: "Node", cell: text(({ source }) => source) },
    { title: "Partition", number: true, cell: text(({ partition }) => partition) },
    { title: "Next offset", number: true, cell: text(({ position }) => formatNumber(position)) },
    { title: "Watermark (UTC)", cell: text(({ watermark }) => watermarkText(watermark)) },
    { title: "", class: "dim", cell: text(({ idle }) => idle ? "idle: no watermark waits for it" : "") },
    { title: "Lag", number: true, cell: text(({ lag_rows: rows }) => plural(rows, "row")) },
  ]);
  return listSection("Partitions", rows);
}
