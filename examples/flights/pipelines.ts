import { hop, int64, pipeline, stream, string, timestamp, tumble, view } from "../../src/mod.ts";

/** How the stream of flights is declared: event time is the scheduled departure. */
export const FLIGHTS = {
  columns: [
    { name: "ts", type: "timestamp", nullable: false },
    { name: "delay", type: "int64", nullable: true },
    { name: "distance", type: "int64", nullable: true },
    { name: "origin", type: "string", nullable: false },
    { name: "destination", type: "string", nullable: false },
  ],
  time: "ts",
  delay_ms: 0,
  on_error: "dead_letter",
};

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
