import type { Clock } from "../core/clock.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import { JSON_DEPTH_MAX } from "../core/limits.ts";
import type { Share } from "./budget.ts";
import { ByteGatherer } from "./byte_gatherer.ts";
import type { ServerContext } from "./context.ts";
import { Inflater } from "./inflate.ts";
import { HttpError } from "./problems.ts";

/** A whole body, inflated. Its memory counts until `release`. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  release(): void;
}

/**
 * Reads a body, within all bounds: size as it comes, size and ratio after inflating, silence, and the memory of all bodies
 * together. Beyond one it stops reading; no other request is read from the connection, since what is left of the body stands before it.
 *
 * Bodies of rows that come in a plain way are read at the door (door/rows.ts) under the same bounds. Behind it, Deno.serve has no time-out for headers, bodies or idle
 * connections, and cannot close one. Silence within a body, and one that comes in drops, is answered here; the connection, slow headers and idle connections cost a socket
 * each until their client goes, and bounding them is the work of a proxy where the server is reachable from outside.
 *
 * Throws RdxError "too_large", "unsupported_type", "invalid", "busy" or HttpError "timeout".
 */
export async function readBody(request: Request, server: ServerContext): Promise<Body> {
  const encoding = encodingOf(request), length = declaredLength(request);
  const { bodyBytesMax, bodyWholeBytesMax } = server.bounds;
  if (length !== null && length > bodyBytesMax) throw tooLarge(bodyBytesMax);
  const share = server.budget.share();
  try {
    const whole = encoding === null && length !== null && length <= bodyWholeBytesMax;
    const bytes = whole
      ? await readWhole(request, length, server, share)
      : await readPieces(request, length, encoding, server, share);
    return { bytes, release: share.release };
  } catch (thrown) {
    share.release();
    throw thrown;
  }
}

/** A body that is used as it comes, of at most `bytesMax` bytes. Throws as `readBody` does, "unsupported_type" for one that is packed. */
export function streamBody(
  request: Request,
  server: ServerContext,
  bytesMax: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoding = encodingOf(request);
  if (encoding === null) return pieces(request, server, bytesMax);
  throw new RdxError("unsupported_type", `Cannot read content-encoding ${encoding} here: send it as it is`);
}

/** Reads a body of at most `bytesMax` bytes as JSON. Throws RdxError "invalid" too. */
export async function readJson(request: Request, server: ServerContext, bytesMax: number): Promise<unknown> {
  const body = await readBody(request, server);
  try {
    if (body.bytes.length > bytesMax) throw tooLarge(bytesMax);
    return parseJson(body.bytes);
  } finally {
    body.release();
  }
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RdxError("invalid", "Cannot read the body: it is not UTF-8");
  }
  if (depthOf(text) > JSON_DEPTH_MAX) {
    throw new RdxError("invalid", `Cannot read the body: it is nested deeper than ${JSON_DEPTH_MAX}`);
  }
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new RdxError("invalid", `Cannot read the body as JSON: ${reasonOf(thrown)}`);
  }
}

/** How deep brackets are nested outside strings; of text that is no JSON, some number. */
function depthOf(text: string): number {
  let depth = 0, deepest = 0, inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function encodingOf(request: Request): "gzip" | "deflate" | null {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  if (encoding === "" || encoding === "identity") return null;
  if (encoding === "gzip" || encoding === "x-gzip") return "gzip";
  if (encoding === "deflate") return "deflate";
  throw new RdxError(
    "unsupported_type",
    `Cannot read content-encoding ${JSON.stringify(encoding)}: expected gzip, deflate or none`,
  );
}

function declaredLength(request: Request): number | null {
  const text = request.headers.get("content-length");
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function tooLarge(bytesMax: number): RdxError {
  return new RdxError("too_large", `Cannot take a body of more than ${bytesMax} bytes`);
}

function late(reason: string): HttpError {
  return new HttpError("timeout", reason, { connection: "close" });
}

function aborted(thrown: unknown): RdxError {
  return new RdxError("invalid", `The body ended before it was complete: ${reasonOf(thrown)}`);
}

/** The quick way for short bodies: one operation of the runtime instead of one for each piece. */
async function readWhole(
  request: Request,
  length: number,
  server: ServerContext,
  share: Share,
): Promise<Uint8Array<ArrayBuffer>> {
  share.take(length);
  let patience: Patience | null = null;
  const silence = new Promise<never>((_, reject) => {
    patience = new Patience(server, reject);
  });
  try {
    const buffer = await Promise.race([request.arrayBuffer(), silence]);
    server.metrics.bodyBytes.increment(buffer.byteLength);
    return new Uint8Array(buffer);
  } catch (thrown) {
    throw thrown instanceof HttpError ? thrown : aborted(thrown);
  } finally {
    patience!.stop();
  }
}

async function readPieces(
  request: Request,
  length: number | null,
  encoding: "gzip" | "deflate" | null,
  server: ServerContext,
  share: Share,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bounds, metrics } = server;
  if (encoding === null) {
    const body = new ByteGatherer(share, length ?? 0);
    for await (const piece of pieces(request, server)) body.append(piece);
    return body.finish();
  }
  const body = new ByteGatherer(share, 0);
  const inflater = new Inflater(encoding, bounds, (piece) => {
    metrics.inflatedBytes.increment(piece.length);
    body.append(piece);
  });
  try {
    let came = false;
    for await (const piece of pieces(request, server)) {
      came ||= piece.length > 0;
      await inflater.write(piece);
    }
    if (came) await inflater.end();
    return body.finish();
  } finally {
    inflater.close();
  }
}

/** The body as it comes, bounded in size and silence. Whoever stops early cancels the rest. */
async function* pieces(
  request: Request,
  server: ServerContext,
  bodyBytesMax = server.bounds.bodyBytesMax,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (!request.body) return;
  const reader = request.body.getReader();
  let total = 0, complete = false, over: HttpError | null = null;
  const patience = new Patience(server, (timeout) => {
    over = timeout;
    cancel(reader);
  });
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (over) throw over;
      if (done) {
        complete = true;
        return;
      }
      patience.renew(value.length);
      total += value.length;
      server.metrics.bodyBytes.increment(value.length);
      if (total > bodyBytesMax) throw tooLarge(bodyBytesMax);
      yield value;
    }
  } catch (thrown) {
    throw thrown instanceof HttpError || thrown instanceof RdxError ? thrown : aborted(thrown);
  } finally {
    patience.stop();
    if (!complete) cancel(reader);
  }
}

/** Ends the reading; a read that waits resolves as done. */
function cancel(reader: ReadableStreamDefaultReader<Uint8Array>): void {
  reader.cancel().catch(() => {/* the client is gone already */});
}

/**
 * Calls `over` once when a body makes no progress for `bodyIdleMsMax`, or when it comes slower than `bodyBytesPerSecondMin` behind the first of these: otherwise a byte
 * now and then would keep it for ever. One timer at a time, however many renewals.
 */
class Patience {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #bytesPerSecond: number;
  readonly #began: number;
  #renewed: number;
  #bytes = 0;
  #cancel: () => void;

  constructor({ clock, bounds }: ServerContext, over: (timeout: HttpError) => void) {
    this.#clock = clock;
    this.#idleMs = bounds.bodyIdleMsMax;
    this.#bytesPerSecond = bounds.bodyBytesPerSecondMin;
    this.#began = this.#renewed = clock.monotonic();
    const look = () => {
      const now = clock.monotonic(), { silentAt, slowAt } = this, left = Math.min(silentAt, slowAt) - now;
      if (left > 0) this.#cancel = clock.after(left, look);
      else if (silentAt <= now) over(late(`The body made no progress for ${this.#idleMs} ms`));
      else over(late(`The body comes too slowly: expected ${this.#bytesPerSecond} bytes a second`));
    };
    this.#cancel = clock.after(this.#idleMs, look);
  }

  get silentAt(): number {
    return this.#renewed + this.#idleMs;
  }

  get slowAt(): number {
    return this.#began + this.#idleMs + this.#bytes / this.#bytesPerSecond * 1000;
  }

  renew(bytes: number): void {
    this.#renewed = this.#clock.monotonic();
    this.#bytes += bytes;
  }

  stop(): void {
    this.#cancel();
  }
}

/** The body as text. Throws RdxError("too_large") beyond `bytesMax`, "invalid" for what is no UTF-8. */
export async function readText(request: Request, server: ServerContext, bytesMax: number): Promise<string> {
  const body = await readBody(request, server);
  try {
    if (body.bytes.length > bytesMax) throw tooLarge(bytesMax);
    return new TextDecoder("utf-8", { fatal: true }).decode(body.bytes);
  } catch (thrown) {
    if (thrown instanceof TypeError) throw new RdxError("invalid", "Cannot read the body: it is not UTF-8");
    throw thrown;
  } finally {
    body.release();
  }
}
