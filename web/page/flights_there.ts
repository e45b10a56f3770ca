import { DAILY, FLIGHTS, HOURLY } from "../../examples/flights/plans.ts";
import { RdxError } from "../../src/core/errors.ts";
import type { StreamJson } from "../page_model/answers.ts";
import { apiPath } from "../page_model/routes.ts";
import type { Link } from "./link.ts";

export const STREAM = "flights";
const PLANS = [HOURLY, DAILY];

interface Named {
  readonly name: string;
}

/** What is on the server under the names of the flights. */
export interface FlightsThere {
  readonly pipelines: readonly string[];
  readonly stream: boolean;
}

/** Looks what is there. Throws as `request` does. */
export async function flightsThere(link: Link, signal?: AbortSignal): Promise<FlightsThere> {
  const [{ pipelines }, { streams }] = await Promise.all([
    link.get<{ pipelines: Named[] }>("/v1/pipelines", signal),
    link.get<{ streams: Named[] }>("/v1/streams", signal),
  ]);
  const names = new Set(pipelines.map(({ name }) => name));
  return {
    pipelines: PLANS.map(({ name }) => name).filter((name) => names.has(name)),
    stream: streams.some(({ name }) => name === STREAM),
  };
}

/** What deleting it means, as a sentence; null: there is nothing. */
export function lossOf({ pipelines, stream }: FlightsThere): string | null {
  const things = [...(stream ? [`stream ${STREAM}`] : []), ...pipelines.map((name) => `pipeline ${name}`)];
  if (things.length === 0) return null;
  return `This deletes ${new Intl.ListFormat("en").format(things)}, with all rows that they hold.`;
}

/** Deletes what is there, declares the stream and deploys both plans. */
export async function prepareFlights(link: Link, there: FlightsThere): Promise<void> {
  for (const name of there.pipelines) await link.request("DELETE", apiPath("pipelines", name));
  if (there.stream) await link.request("DELETE", apiPath("streams", STREAM));
  await link.request("PUT", apiPath("streams", STREAM), FLIGHTS);
  for (const plan of PLANS) await link.request("PUT", apiPath("pipelines", plan.name), plan);
}

/** Whether the stream is still the one that was declared, and both pipelines are there to read it. */
export async function flightsStand(link: Link, signal: AbortSignal): Promise<boolean> {
  const { pipelines } = await flightsThere(link, signal);
  return pipelines.length === PLANS.length && (await flightsStream(link, signal))?.declared === true;
}

/** Deletes the stream that a server without ours made at the first of our rows: nobody declared it, nobody reads it, it holds no more than we sent. */
export async function removeStray(link: Link, sent: number): Promise<void> {
  const stream = await flightsStream(link);
  if (!stream || stream.declared || stream.readers.length > 0 || stream.rows_in > sent) return;
  await link.request("DELETE", apiPath("streams", STREAM));
}

async function flightsStream(link: Link, signal?: AbortSignal): Promise<StreamJson | null> {
  try {
    return await link.get<StreamJson>(apiPath("streams", STREAM), signal);
  } catch (thrown) {
    if (thrown instanceof RdxError && thrown.code === "not_found") return null;
    throw thrown;
  }
}
