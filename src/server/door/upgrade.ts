import { createHash } from "node:crypto";
import { isUpgrade } from "../sockets.ts";
import type { ServerContext } from "../context.ts";
import type { Dialect } from "../messages.ts";
import { chooseDialect } from "../websocket.ts";
import type { Head } from "./head.ts";
import { admitHead } from "./rows.ts";

const VERSION = "13", KEY = /^[A-Za-z0-9+/]{22}==$/;
/** RFC 6455, 1.3. */
const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A WebSocket of rows that may be opened. */
export interface Upgrade {
  readonly dialect: Dialect;
  /** What the client is told. */
  readonly answer: Uint8Array;
}

/** Looks at the upgrade of a `GET /v1/streams/{stream}/ws`. Null: it is for somebody else to refuse. */
export async function acceptUpgrade(head: Head, server: ServerContext): Promise<Upgrade | null> {
  const { headers, stream } = head, key = headers.get("sec-websocket-key") ?? "";
  const options = (headers.get("connection") ?? "").toLowerCase().split(",").map((name) => name.trim());
  const known = headers.get("sec-websocket-version") === VERSION && KEY.test(key) && options.includes("upgrade");
  if (!known || !isUpgrade({ header: (name) => headers.get(name) ?? null })) return null;
  try {
    admitHead(head, server);
    const { protocol, dialect } = await chooseDialect(headers.get("sec-websocket-protocol") ?? null, stream, server);
    server.connections.claim();
    return { dialect, answer: answerOf(key, protocol) };
  } catch {
    return null;
  }
}

function answerOf(key: string, protocol: string | undefined): Uint8Array {
  const accept = createHash("sha1").update(key + ACCEPT).digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "upgrade: websocket", "connection: Upgrade"];
  if (protocol !== undefined) lines.push(`sec-websocket-protocol: ${protocol}`);
  return new TextEncoder().encode([...lines, `sec-websocket-accept: ${accept}`, "", ""].join("\r\n"));
}
