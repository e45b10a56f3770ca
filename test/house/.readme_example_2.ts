import { double, files, pipeline, sqlite, stream, string, timestamp, webhook } from "@rdx/engine";

const orders = stream("orders", { ts: timestamp(), city: string(), price: double() }, { time: "ts" });
const out = pipeline("out").from(orders)
  .to(files("paid", "csv", { compression: "gzip", rollMs: 60_000 }))
  .to(sqlite("out.db", "orders"))
  .to(webhook("https://there.example/orders", { outbox: true, onRefused: "dead_letter" }));
console.log(JSON.stringify(out.toPlan()));
