import { IngestSession } from "./ingest_session.ts";
import type { Context, ServerContext } from "./context.ts";
import type { Dialect } from "./messages.ts";
import { jsonDialect } from "./messages_json.ts";
import { nameOf, Parameters } from "./parameters.ts";
import { chooseProtocol, upgrade } from "./sockets.ts";

const JSON_ROWS = "rdx.json.v1", ARROW = "rdx.arrow.v1";

/** `GET /v1/streams/{stream}/ws`: rows over a WebSocket, with credits and verdicts in order. */
export async function openIngestSocket(c: Context, server: ServerContext): Promise<Response> {
  const stream = nameOf(c, "stream");
  new Parameters(c, []);
  const { protocol, dialect } = await chooseDialect(c.req.header("sec-websocket-protocol") ?? null, stream, server);
  return upgrade(
    c,
    server,
    "ingest",
    protocol,
    (port) => new IngestSession(port, stream, dialect, server, c.req.path),
  );
}

/**
 * How rows of a stream are to come, by what the client offers, and the protocol that the answer must repeat, if any. Throws RdxError for what is not known, and for a
 * stream that is not there where none is made.
 */
export async function chooseDialect(
  offered: string | null,
  stream: string,
  server: ServerContext,
): Promise<{ protocol: string | undefined; dialect: Dialect }> {
  const { name, answer: protocol } = chooseProtocol(offered, [JSON_ROWS, ARROW], JSON_ROWS);
  if (!server.autoCreate) server.engine.streams.get(stream);
  return { protocol, dialect: name === ARROW ? await loadArrow(stream, server) : jsonDialect };
}

/** Arrow is loaded when the first client speaks it. */
async function loadArrow(stream: string, { bounds }: ServerContext): Promise<Dialect> {
  const { arrowDialect } = await import("./messages_arrow.ts");
  return arrowDialect(stream, bounds.messageBytesMax);
}
