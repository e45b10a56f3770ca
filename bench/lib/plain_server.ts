/**
 * The least that a server of this platform does with rows, as a process of its own: reads bodies of requests, appends them to a file that has been written before, calls
 * fdatasync for all that came while the one before went on, and answers. Nothing is looked at, counted or kept. Its argument is the file; it prints its port.
 */
const FILE_BYTES = 64 << 20, HEAD_BYTES_MAX = 8 << 10, BODY_BYTES_MAX = 1 << 20;
const encoder = new TextEncoder(), decoder = new TextDecoder();

/** As long as what rdx says to a body of `rows` rows. */
function answerOf(rows: number): Uint8Array {
  const text = JSON.stringify({ accepted: rows, durability: "fsync" });
  return encoder.encode(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(360)}\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
}

/** A file that is written from its beginning on, and again when it is full. */
class Rows {
  readonly #file: Deno.FsFile;
  #at = 0;
  #syncing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
    const zeros = new Uint8Array(1 << 20);
    for (let at = 0; at < FILE_BYTES; at += zeros.length) this.#file.writeSync(zeros);
    this.#file.syncDataSync();
    this.#file.seekSync(0, Deno.SeekMode.Start);
  }

  /** Resolves when they are durable. */
  append(bytes: Uint8Array): Promise<void> {
    if (this.#at + bytes.length > FILE_BYTES) this.#at = this.#file.seekSync(0, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    this.#at += bytes.length;
    return this.#next ??= this.#syncBehind(this.#syncing);
  }

  async #syncBehind(before: Promise<void> | null): Promise<void> {
    await before;
    this.#next = null;
    await (this.#syncing = this.#file.syncData());
  }
}

async function serve(connection: Deno.TcpConn, rows: Rows): Promise<void> {
  connection.setNoDelay(true);
  const bytes = new Uint8Array(HEAD_BYTES_MAX + BODY_BYTES_MAX), answer = answerOf(1000);
  while (true) {
    let have = 0, need = Infinity, body = 0;
    while (have < need) {
      const count = await connection.read(bytes.subarray(have, have === 0 ? HEAD_BYTES_MAX : undefined));
      if (count === null) return;
      have += count;
      if (need < Infinity) continue;
      const head = decoder.decode(bytes.subarray(0, Math.min(have, HEAD_BYTES_MAX))), end = head.indexOf("\r\n\r\n");
      const length = /\r\ncontent-length: (\d+)/.exec(head);
      if (end < 0 || !length) continue;
      body = end + 4;
      need = body + Number(length[1]);
    }
    await rows.append(bytes.subarray(body, need));
    for (let done = 0; done < answer.length;) done += await connection.write(answer.subarray(done));
  }
}

const rows = new Rows(Deno.args[0]), listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(listener.addr.port);
for await (const connection of listener) void serve(connection, rows).finally(() => connection.close());
