import { reasonOf } from "../../core/errors.ts";
import { DOOR_LINGER_MS_MAX, DOOR_RETRY_MS, SOCKET_IDLE_SECONDS_MAX } from "../../core/limits.ts";
import type { ServerContext } from "../context.ts";
import { IngestSession } from "../ingest_session.ts";
import { Answers } from "./answers.ts";
import { BodyBuffers } from "./body_buffers.ts";
import { ByteReader, writeAll } from "./byte_reader.ts";
import { Deadlines } from "./deadlines.ts";
import { unmask } from "./frames.ts";
import { HalfHeads } from "./half_heads.ts";
import type { Head } from "./head.ts";
import { Heads } from "./heads.ts";
import { close, pass } from "./pass.ts";
import { answerRows, ByStatus } from "./rows.ts";
import { DoorSocket } from "./socket.ts";
import { acceptUpgrade } from "./upgrade.ts";
import { WideBuffers } from "./wide_buffers.ts";

const SOCKET_ROUTE = "/v1/streams/:name/ws", SWITCHING = "101";

/** A connection that somebody has made. */
interface Guest {
  readonly connection: Deno.TcpConn;
  readonly reader: ByteReader;
  readonly heads: Heads;
  /** A request is under way on it. */
  busy: boolean;
}

/**
 * What stands in front of the platform's server: it takes rows, and passes everything else on. The platform spends more on bringing a body of a thousand rows
 * from a connection to whoever asked for it than it costs to decode them; here it is read to where it belongs. A connection is looked at from request to request, as
 * long as they bring rows in a plain way; from the first other one on, its bytes go through.
 */
export class Door {
  readonly #listener: Deno.TcpListener;
  readonly #innerPort: number;
  readonly #server: ServerContext;
  readonly #answers: Answers;
  readonly #counted: ByStatus;
  readonly #guests = new Set<Guest>();
  readonly #bodies: Deadlines;
  readonly #halfHeads = new HalfHeads();
  readonly #buffers = new BodyBuffers();
  readonly #wide = new WideBuffers();
  readonly #silences: Deadlines;
  readonly #closings: Deadlines;
  readonly #serving = new Set<Promise<void>>();
  #closed = false;
  /** Resolves when nobody is let in any more, and all who were have left. */
  readonly finished: Promise<void>;

  /** `innerPort`: where the platform's server listens on this machine. */
  constructor(listener: Deno.TcpListener, innerPort: number, server: ServerContext) {
    this.#listener = listener;
    this.#innerPort = innerPort;
    this.#server = server;
    this.#answers = new Answers(server);
    this.#counted = new ByStatus(server);
    this.#bodies = new Deadlines(server.clock, server.bounds.bodyIdleMsMax);
    this.#silences = new Deadlines(server.clock, SOCKET_IDLE_SECONDS_MAX * 1000);
    this.#closings = new Deadlines(server.clock, DOOR_LINGER_MS_MAX);
    this.finished = this.#accept();
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#welcome(await this.#listener.accept());
      } catch (thrown) {
        if (this.#closed) break;
        // As when the process has no descriptors left: those who are here leave some.
        this.#server.log.warn("A connection could not be taken", { reason: reasonOf(thrown) });
        await this.#server.clock.soon(DOOR_RETRY_MS);
      }
    }
    await Promise.all(this.#serving);
    for (const deadlines of [this.#bodies, this.#silences, this.#closings]) deadlines.close();
  }

  #welcome(connection: Deno.TcpConn): void {
    const reader = new ByteReader(connection),
      guest = { connection, reader, heads: new Heads(), busy: false };
    this.#guests.add(guest);
    const serving = this.#serve(guest).catch((thrown) => {
      // Whoever breaks off a connection is not there to be told.
      this.#server.log.debug("A connection broke", { reason: reasonOf(thrown) });
    }).finally(() => {
      this.#guests.delete(guest);
      this.#serving.delete(serving);
      close(connection);
      reader.close();
    });
    this.#serving.add(serving);
  }

  /** Answers requests as long as they bring rows. */
  async #serve(guest: Guest): Promise<void> {
    const { connection, reader } = guest;
    connection.setNoDelay(true);
    const rest = { answers: this.#answers, bodies: this.#bodies, buffers: this.#buffers, counted: this.#counted };
    const parts = { server: this.#server, ...rest };
    for (let goesOn = true; goesOn;) {
      const head = await this.#head(guest);
      if (head === null) return;
      guest.busy = true;
      if (head === "other") return await this.#pass(guest);
      if (head.method === "GET") return await this.#socket(head, guest);
      const answered = answerRows(head, { reader, write: (bytes) => connection.write(bytes) }, parts);
      if (answered === null) return await this.#pass(guest);
      goesOn = await answered && !this.#closed;
      guest.busy = false;
    }
    await this.#leave(guest);
  }

  /** The next head; null: the connection has ended, or did not bring one in time. */
  async #head({ connection, reader, heads }: Guest): Promise<Head | "other" | null> {
    let whole: (() => void) | null = null;
    try {
      for (;;) {
        const { waiting } = reader, head = heads.read(waiting);
        if (waiting.length > 0 && (head !== "part" || reader.full)) return head === "part" ? "other" : head;
        if (waiting.length > 0) whole ??= this.#half(connection);
        if (!await reader.more()) return null;
      }
    } finally {
      whole?.();
    }
  }

  /** A head has begun: it is waited for as a whole, however its parts come. The returned function ends that. */
  #half(connection: Deno.TcpConn): () => void {
    const end = () => close(connection), inTime = this.#bodies.begin(end);
    const leave = this.#halfHeads.begin(connection.remoteAddr.hostname, end);
    return () => {
      inTime();
      leave();
    };
  }

  async #pass({ connection, reader }: Guest): Promise<void> {
    const inner = await Deno.connect({ hostname: "127.0.0.1", port: this.#innerPort });
    inner.setNoDelay(true);
    await pass(connection, inner, reader.waiting, this.#server.clock);
  }

  /** Hears who says something yet for a moment: a close into that would take away the answer. */
  async #leave({ connection, reader }: Guest): Promise<void> {
    const inTime = this.#closings.begin(() => close(connection));
    try {
      await connection.closeWrite();
      await reader.drain();
    } finally {
      inTime();
    }
  }

  async #socket(head: Head, guest: Guest): Promise<void> {
    const server = this.#server, { connection, reader } = guest, { metrics, clock } = server;
    const started = clock.monotonic(), upgrade = await acceptUpgrade(head, server);
    if (!upgrade) return await this.#pass(guest);
    reader.skip(head.length);
    reader.widen(this.#wide);
    const socket = new DoorSocket({
      reader,
      write: (bytes) => connection.write(bytes),
      closeWrite: () => connection.closeWrite(),
      end: () => close(connection),
      unmask: (bytes, mask) => server.engine.unmask?.(bytes, mask) ?? unmask(bytes, mask),
      messageBytesMax: server.bounds.messageBytesMax,
      buffers: this.#buffers,
      silences: this.#silences,
      closings: this.#closings,
    });
    const session = new IngestSession(socket, head.stream, upgrade.dialect, server, head.path);
    const forget = server.connections.add({ kind: "ingest", close: () => session.leave() });
    try {
      await writeAll(connection, upgrade.answer);
      metrics.requests.with("GET", SOCKET_ROUTE, SWITCHING).increment();
      metrics.requestSeconds.with(SOCKET_ROUTE).observe((clock.monotonic() - started) / 1000);
      session.opened();
      await socket.run(session);
    } finally {
      forget();
      session.closed();
    }
  }

  /** Lets nobody in any more, and ends connections on which nothing is under way; those that are left end with `end`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const { connection, busy } of this.#guests) if (!busy) close(connection);
  }

  /** Ends every connection at once. */
  end(): void {
    this.close();
    for (const { connection } of this.#guests) close(connection);
  }
}
