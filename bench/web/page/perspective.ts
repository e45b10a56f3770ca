import { type Contestant, SHOWN_ROWS } from "./contestant.ts";

/** What is used of Perspective's client; its file is served beside the page. */
interface Perspective {
  worker(): Promise<{
    table(schema: Record<string, string>): Promise<{
      update(data: ArrayBuffer): Promise<void>;
      view(config: object): Promise<{
        to_columns(range: object): Promise<Record<string, (number | (number | string)[])[]>>;
        delete(): Promise<void>;
      }>;
      delete(): Promise<void>;
    }>;
    terminate?(): void;
  }>;
}

/** Its engine without the viewer: a table in its worker, and a view of it grouped by key. */
export async function perspective(): Promise<Contestant> {
  const file = "/perspective.js", { default: module } = await import(file) as { default: Perspective };
  const client = await module.worker();
  const table = await client.table({ ts: "datetime", key: "integer", value: "float" });
  const view = await table.view({
    group_by: ["key"],
    columns: ["key", "value"],
    aggregates: { key: "count", value: "sum" },
    sort: [["value", "desc"]],
  });
  return {
    update: ({ arrow }) => table.update(arrow.slice().buffer),
    async picture() {
      const columns = await view.to_columns({ start_row: 0, end_row: SHOWN_ROWS + 1 });
      const paths = columns.__ROW_PATH__ as (number | string)[][], counts = columns.key as number[];
      const sums = columns.value as number[];
      // The first row is that of all groups together.
      const top = paths.slice(1).map(([key], i) => ({ key: Number(key), count: counts[i + 1], sum: sums[i + 1] }));
      return { top, count: counts[0] ?? 0, sum: sums[0] ?? 0 };
    },
    async close() {
      await view.delete();
      await table.delete();
      client.terminate?.();
    },
  };
}
