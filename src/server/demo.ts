import { reasonOf } from "../core/errors.ts";
import type { App, ServerContext } from "./context.ts";
import { HttpError } from "./problems.ts";
import { StaticFile } from "./static_file.ts";

/** Gets the rows of the demo, a JSON array as UTF-8. Rejects when they cannot be had. */
export type LoadDemo = () => Promise<Uint8Array<ArrayBuffer>>;

/** `GET /demo/flights.json`: the real flights that the page offers to play. They are got when first asked for, and kept. */
export function demoRoutes(app: App, { loadDemo, log }: ServerContext): void {
  let loaded: Promise<StaticFile> | null = null;
  const load = async () => {
    if (!loadDemo) throw new Error("this server was started without them");
    return new StaticFile(await loadDemo(), { "content-type": "application/json" });
  };
  app.get("/demo/flights.json", async (c) => {
    loaded ??= load();
    const current = loaded;
    try {
      return (await current).answer(c);
    } catch (thrown) {
      // Whoever asks next tries again: the network may be back.
      if (loaded === current) loaded = null;
      log.warn("The demo's flights cannot be had", { reason: reasonOf(thrown) });
      throw new HttpError(
        "unavailable",
        `Cannot get the flights of npm package vega-datasets: ${reasonOf(thrown).split("\n")[0]}`,
      );
    }
  });
}
