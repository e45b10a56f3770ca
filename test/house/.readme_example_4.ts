import { batchFunction, double, pipeline, stream, string, view } from "@rdx/engine";

const module = import.meta.resolve("./score.ts");
const score = batchFunction({ module, name: "score", takes: [double(), string()], returns: double() });
const scored = pipeline("scored").from(stream("orders", { price: double(), city: string() }))
  .filter((order) => score(order.price, order.city).gt(3))
  .to(view("scored"));
