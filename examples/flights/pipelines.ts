import { hop, int64, pipeline, stream, string, timestamp, tumble, view } from "../../src/mod.ts";

export { FLIGHTS } from "./plans.ts";

const flights = () => stream("flights", { ts: timestamp(), delay: int64(), origin: string() }, { time: "ts" });

/** Average and maximum delay by origin, hour by hour. */
export const hourly = pipeline("flights_hourly")
  .from(flights())
  .keyBy("origin")
  .window(tumble({ hours: 1 }))
  .aggregate((a) => ({ avg_delay: a.avg("delay"), max_delay: a.max("delay"), flights: a.count() }))
  .to(view("delays_hourly"))
  .toPlan();

/** The same over a whole day, every hour. */
export const daily = pipeline("flights_daily")
  .from(flights())
  .keyBy("origin")
  .window(hop({ days: 1 }, { hours: 1 }))
  .aggregate((a) => ({ avg_delay: a.avg("delay"), max_delay: a.max("delay"), flights: a.count() }))
  .to(view("delays_daily"))
  .toPlan();
