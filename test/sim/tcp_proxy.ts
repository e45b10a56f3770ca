/** A TCP proxy on loopback that can cut its connections, in the middle of whatever passes, and hold back what the server says. */
export class TcpProxy {
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #open = new Set<Deno.TcpConn>();
  #held: { readonly promise: Promise<void>; resolve(): void } | null = null;
  cuts = 0;

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
    const buffer = new Uint8Array(64 << 10);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (holds) await this.#held?.promise;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // One of the two was closed: by its own end, or by a cut.
    }
    close(to);
  }
}

function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It is closed already.
  }
}
