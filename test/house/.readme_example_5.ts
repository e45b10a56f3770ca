import { connect } from "@rdx/engine/client";

const client = connect("http://127.0.0.1:8080");
const writer = await client.writer("orders");
await writer.write({ ts: Date.now(), city: "Bern", price: 12.5 });
console.log(await writer.close()); // { accepted: 1, rejected: 0, … }

for await (const change of client.live("sales", { open: true })) {
  if (change.kind === "delta") { for (const { row } of change.rows) console.log(row); }
}
