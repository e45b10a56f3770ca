import type { Asked } from "./asked.ts";
import { HttpError } from "./problems.ts";
import { isUpgrade } from "./sockets.ts";
import { closingError } from "./connections.ts";
import type { ServerContext } from "./context.ts";
import { isPreflight } from "./origins.ts";
import { TOKEN_PARAMETER } from "./parameters.ts";
import { bearerToken, protocolToken, sameSecret } from "./tokens.ts";

/** What balancers and orchestrators ask, and the page's shell, which holds no data: without a token. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/", "/healthz", "/readyz"]);
const OPEN_FOLDER = "/assets/";
const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * On loopback a request's Host must name this machine, so that a foreign page cannot reach the server under a name of its own that points
 * here (DNS rebinding). Throws HttpError("forbidden").
 */
export function requireKnownHost({ host }: Asked, { loopback }: ServerContext): void {
  if (!loopback || isLoopbackHost(host)) return;
  throw new HttpError(
    "forbidden",
    `This server does not answer as ${JSON.stringify(host.slice(0, 200))}: call it as localhost or 127.0.0.1`,
  );
}

/**
 * Decides whether a request may go on to its route; throws what it is refused with.
 *
 * - What changes something, every WebSocket, and a browser's question whether a page may do so, must not come from a page of another
 *   origin, unless it is an allowed one: browsers send `Origin`, and let pages send some such requests unasked. Only answers to
 *   pages of allowed origins have the headers of CORS, so that others cannot read either.
 * - With a token, every path but the health checks, the page's shell and its assets needs it.
 * - While the server drains nothing new is taken in.
 */
export function admit(asked: Asked, server: ServerContext): void {
  const { path, method } = asked, socket = isUpgrade(asked), changes = !READING.has(method) || socket;
  const origin = asked.header("origin");
  if ((changes || isPreflight(asked)) && origin !== null && !mayUse(origin, asked, server)) {
    const shown = JSON.stringify(origin.slice(0, 200));
    throw new HttpError("forbidden", `Cannot take requests from pages of ${shown}: --allow-origin lets an origin in`);
  }
  const open = OPEN_PATHS.has(path) || path.startsWith(OPEN_FOLDER);
  if (server.token !== null && !open && !hasToken(asked, server.token, socket)) {
    throw new HttpError("unauthorized", "The request needs the server's token: Authorization: Bearer <token>", {
      "www-authenticate": 'Bearer realm="rdx"',
    });
  }
  if (changes && server.connections.closing) throw closingError();
}

function mayUse(origin: string, { host }: Asked, { origins }: ServerContext): boolean {
  return isSameOrigin(origin, host) || origins.allows(origin);
}

/**
 * The token comes in the header. Browsers cannot set headers for event streams and WebSockets: there it may be a parameter, for
 * WebSockets also a subprotocol, which no access log of a proxy writes down.
 */
function hasToken(asked: Asked, expected: string, socket: boolean): boolean {
  const header = bearerToken(asked.header("authorization"));
  if (header !== null) return sameSecret(header, expected);
  const offered = socket ? protocolToken(asked.header("sec-websocket-protocol")) : null;
  if (offered !== null) return sameSecret(offered, expected);
  const forBrowsers = socket || asked.path.endsWith("/live");
  const parameter = forBrowsers && asked.method === "GET" ? asked.query(TOKEN_PARAMETER) : undefined;
  return parameter !== undefined && sameSecret(parameter, expected);
}

/** Whether a Host header names this machine: localhost, *.localhost, 127.0.0.0/8 or ::1, with any port. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])\.?(?::\d{1,5})?$/i.test(host);
}

/** Whether a server that binds to `hostname` is reached from this machine only. */
export function isLoopbackAddress(hostname: string): boolean {
  return isLoopbackHost(hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname);
}

/** Compares hosts only: behind a proxy that ends TLS the schemes differ. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    const url = new URL(origin);
    return (url.protocol === "http:" || url.protocol === "https:") &&
      url.host === new URL(`${url.protocol}//${host}`).host;
  } catch {
    return false;
  }
}
