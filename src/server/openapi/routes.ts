import { HttpError } from "../problems.ts";
import { json } from "../answers.ts";
import type { App, ServerContext } from "../context.ts";

/** The description of the API. It is large and rarely asked for, so that it is loaded when it is. */
export function openapiRoutes(app: App, _server: ServerContext): void {
  app.get("/openapi.json", async () => {
    const { openapiDocument } = await import("./document.ts");
    return json(openapiDocument());
  });
  app.get("/v1/schemas", async () => {
    const { schemaNames } = await import("./document.ts");
    return json({ schemas: schemaNames() });
  });
  app.get("/v1/schemas/:name", async (c) => {
    const { publishedSchema, schemaNames } = await import("./document.ts");
    const schema = publishedSchema(c.req.param("name"));
    if (!schema) {
      throw new HttpError("not_found", `There is no schema of this name: there are ${schemaNames().join(", ")}`);
    }
    return new Response(JSON.stringify(schema), { headers: { "content-type": "application/schema+json" } });
  });
}
