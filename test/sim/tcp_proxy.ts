/** A piece of what passes, and when it may come out (monotonic); null: there is no more. */
interface Piece {
  readonly bytes: Uint8Array | null;
  readonly atMs: number;
}

/** Bytes on the way at most in one direction of a connection, as on a link: whoever sends more waits. */
const LINK_BYTES_MAX = 1 << 20;

/** A TCP proxy on loopback that can delay what passes, cut its connections in the middle of it, and hold back what the server says. */
export class TcpProxy {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #open = new Set<Deno.TcpConn>();
  #held: { readonly promise: Promise<void>; resolve(): void } | null = null;
  cuts = 0;
  /** How long each byte is on its way, in each direction. Nothing overtakes what was sent before it. */
  delayMs: () => number = () => 0;

  constructor(target: string) {
    this.#target = Number(new URL(target).port);
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    void this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Both sides of every connection that is open. */
  get open(): number {
    return this.#open.size;
  }

  /** Ends all connections now. */
  cut(): void {
    this.cuts++;
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Nothing of what the server says passes, until the returned function is called. */
  hold(): () => void {
    const held = this.#held ??= Promise.withResolvers<void>();
    return () => {
      held.resolve();
      this.#held = null;
    };
  }

  [Symbol.dispose](): void {
    this.#held?.resolve();
    close(this.#listener);
    for (const connection of this.#open) close(connection);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#open.add(client);
      void this.#join(client);
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
    } catch {
      return close(client);
    }
    if (!this.#open.has(client)) return close(server);
    this.#open.add(server);
    client.setNoDelay(true);
    server.setNoDelay(true);
    await Promise.all([this.#pass(client, server, false), this.#pass(server, client, true)]);
    for (const connection of [client, server]) {
      this.#open.delete(connection);
      close(connection);
    }
  }

  /** Passes bytes on until one side ends; then both do. */
  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, holds: boolean): Promise<void> {
    const link = new Link();
    const out = (async () => {
      for (let piece = await link.take(); piece.bytes !== null; piece = await link.take()) {
        const waitMs = piece.atMs - performance.now();
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        if (holds) await this.#held?.promise;
        for (let at = 0; at < piece.bytes.length;) at += await to.write(piece.bytes.subarray(at));
        link.through(piece);
      }
    })();
    out.catch(() => link.end());
    const buffer = new Uint8Array(64 << 10);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        await link.put({ bytes: buffer.slice(0, count), atMs: performance.now() + this.delayMs() });
      }
      link.end();
      await out;
    } catch {
      // One of the two was closed: by its own end, or by a cut.
      link.end();
    }
    close(to);
  }
}

/** What is on its way from one end to the other. */
class Link {
  readonly #pieces: Piece[] = [];
  #bytes = 0;
  #ended = false;
  #changed = Promise.withResolvers<void>();

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** Resolves when there is room for more. */
  async put(piece: Piece): Promise<void> {
    this.#pieces.push(piece);
    this.#bytes += piece.bytes!.length;
    this.#change();
    while (this.#bytes > LINK_BYTES_MAX && !this.#ended) await this.#changed.promise;
    if (this.#ended) throw new Error("the link has ended");
  }

  async take(): Promise<Piece> {
    while (this.#pieces.length === 0 && !this.#ended) await this.#changed.promise;
    return this.#pieces.shift() ?? { bytes: null, atMs: 0 };
  }

  through({ bytes }: Piece): void {
    this.#bytes -= bytes!.length;
    this.#change();
  }

  end(): void {
    this.#ended = true;
    this.#change();
  }
}

function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}
