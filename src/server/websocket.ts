import type { Context, ServerContext } from "./context.ts";
import { IngestSession } from "./ingest_session.ts";
import type { Dialect } from "./messages.ts";
import { jsonDialect } from "./messages_json.ts";
import { nameOf, Parameters } from "./parameters.ts";
import { chooseProtocol, upgrade } from "./sockets.ts";

const JSON_ROWS = "rdx.json.v1", ARROW = "rdx.arrow.v1";

/** `GET /v1/streams/{stream}/ws`: rows over a WebSocket, with credits and verdicts in order. */
export async function openIngestSocket(c: Context, server: ServerContext): Promise<Response> {
  const stream = nameOf(c, "stream");
  new Parameters(c, []);
  const protocol = chooseProtocol(c, [JSON_ROWS, ARROW], JSON_ROWS);
  if (!server.autoCreate) server.engine.streams.get(stream);
  const dialect = protocol.name === ARROW ? await loadArrow(stream, server) : jsonDialect;
  return upgrade(
    c,
    server,
    "ingest",
    protocol.answer,
    (port) => new IngestSession(port, stream, dialect, server, c.req.path),
  );
}

/** Arrow is loaded when the first client speaks it. */
async function loadArrow(stream: string, { bounds }: ServerContext): Promise<Dialect> {
  const { arrowDialect } = await import("./messages_arrow.ts");
  return arrowDialect(stream, bounds.messageBytesMax);
}
