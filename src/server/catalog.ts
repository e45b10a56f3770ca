import type { EngineService } from "../runtime/service.ts";
import { SQL_FUNCTIONS } from "../sql/mod.ts";
import type { App, ServerContext } from "./context.ts";
import { Parameters } from "./parameters.ts";
import { columnsJson } from "./rows.ts";
import { StaticFile } from "./static_file.ts";

/** `GET /v1/catalog`: what a script of SQL can name. Clients keep it and ask whether it is still right: it is made again when it changes. */
export function catalogRoutes(app: App, { engine }: ServerContext): void {
  let text = "", file: StaticFile | null = null;
  app.get("/v1/catalog", (c) => {
    new Parameters(c, []);
    const now = JSON.stringify(catalogJson(engine)) + "\n";
    if (file === null || now !== text) {
      text = now;
      file = new StaticFile(new TextEncoder().encode(now), { "content-type": "application/json" });
    }
    return file.answer(c);
  });
}

function catalogJson({ streams, views }: EngineService) {
  return {
    streams: streams.list().map(({ name, time, columns }) => ({ name, time, columns: columnsJson(columns) })),
    // Of one that comes back with its pipeline nobody knows the columns
    views: views.list().filter(({ state }) => state !== "absent").map(({ name, keys, columns }) => ({
      name,
      keys,
      columns: columnsJson(columns),
    })),
    functions: SQL_FUNCTIONS,
  };
}
