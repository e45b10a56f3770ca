import { double, pipeline, stream, string, timestamp, tumble, view } from "@rdx/engine";

const orders = stream("orders", { ts: timestamp(), city: string(), price: double() }, { time: "ts" });

const paid = pipeline("paid")
  .from(orders)
  .filter((order) => order.price.gt(0))
  .keyBy("city")
  .window(tumble({ minutes: 1 }))
  .aggregate((a) => ({ total: a.sum("price"), orders: a.count() }))
  .to(view("paid"));

const answer = await fetch("http://127.0.0.1:8080/v1/pipelines/paid", {
  method: "PUT",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(paid.toPlan()),
});
console.log(answer.status, await answer.text()); // 201, or what is wrong and where
