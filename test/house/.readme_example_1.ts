import { int64, pipeline, sqliteTable, stream, string, timestamp, view } from "@rdx/engine";

const orders = stream("orders", { ts: timestamp(), item: int64() }, { time: "ts" });
const items = sqliteTable("items.db", "items", { id: int64(), label: string() });

const labelled = pipeline("labelled").from(orders).lookup(items, { on: { item: "id" }, optional: true }).to(
  view("labelled"),
);
console.log(JSON.stringify(labelled.toPlan()));
