/** Clients that cost as little as they can: what is measured beside them is the server. They send bytes that were made before. */
import assert from "node:assert/strict";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A connection that is read up to what somebody waits for. */
class Connection {
  readonly #socket: Deno.TcpConn;
  #bytes = new Uint8Array(1 << 16);
  #from = 0;
  #to = 0;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  static async to(url: string): Promise<Connection> {
    const { hostname, port } = new URL(url), socket = await Deno.connect({ hostname, port: Number(port) });
    socket.setNoDelay(true);
    return new Connection(socket);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) done += await this.#socket.write(bytes.subarray(done));
  }

  async #more(): Promise<void> {
    if (this.#from > 0) {
      this.#bytes.copyWithin(0, this.#from, this.#to);
      this.#to -= this.#from;
      this.#from = 0;
    }
    assert.ok(this.#to < this.#bytes.length, "an answer is longer than any that was expected");
    const count = await this.#socket.read(this.#bytes.subarray(this.#to));
    assert.ok(count !== null, "the server has closed the connection");
    this.#to += count;
  }

  /** The next `count` bytes. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#to - this.#from < count) await this.#more();
    return this.#bytes.subarray(this.#from, this.#from += count);
  }

  /** The head of an answer, up to its empty line. */
  async head(): Promise<string> {
    for (let looked = 0;;) {
      const text = decoder.decode(this.#bytes.subarray(this.#from, this.#to)), end = text.indexOf("\r\n\r\n", looked);
      if (end >= 0) {
        this.#from += end + 4;
        return text.slice(0, end);
      }
      looked = Math.max(0, text.length - 3);
      await this.#more();
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** What the server says of one body. */
export interface Verdict {
  readonly accepted: number;
  readonly durability: string;
}

/** Bodies as requests to a stream. */
export function httpRequests(url: string, stream: string, bodies: readonly Uint8Array[]): Uint8Array[] {
  const { host } = new URL(url);
  return bodies.map((body) => {
    const head = `POST /v1/streams/${stream} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/x-ndjson\r\n` +
      `content-length: ${body.length}\r\n\r\n`;
    return joined(encoder.encode(head), body);
  });
}

/** Sends requests over `underWay` connections, one at a time on each. */
export async function sendHttp(
  url: string,
  requests: readonly Uint8Array[],
  underWay: number,
  answered: (verdict: Verdict) => void,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: underWay }, async () => {
    const connection = await Connection.to(url);
    while (next < requests.length) {
      await connection.write(requests[next++]);
      const head = await connection.head(), length = /\r\ncontent-length: (\d+)/i.exec(head);
      assert.ok(head.startsWith("HTTP/1.1 200 ") && length, head);
      answered(JSON.parse(decoder.decode(await connection.take(Number(length[1])))));
    }
    connection.close();
  }));
}

const TEXT = 1, FINAL = 0x80, MASKED = 0x80, SHORT_MAX = 125, TWO_BYTES = 126, EIGHT_BYTES = 127;

/** Bodies as messages of text (RFC 6455, 5.2), masked as clients have to. */
export function webSocketMessages(bodies: readonly Uint8Array[]): Uint8Array[] {
  const mask = crypto.getRandomValues(new Uint8Array(4));
  return bodies.map((body) => {
    const head = new Uint8Array(14), data = new DataView(head.buffer);
    head[0] = FINAL | TEXT;
    head[1] = MASKED | EIGHT_BYTES;
    data.setUint32(6, body.length);
    head.set(mask, 10);
    return joined(head, body.map((byte, i) => byte ^ mask[i & 3]));
  });
}

/** A WebSocket of rows. */
class IngestSocket {
  readonly connection: Connection;
  credit = 0;

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  static async open(url: string, stream: string): Promise<IngestSocket> {
    const connection = await Connection.to(url), key = btoa("0123456789abcdef");
    await connection.write(encoder.encode(
      `GET /v1/streams/${stream}/ws HTTP/1.1\r\nhost: ${
        new URL(url).host
      }\r\nupgrade: websocket\r\nconnection: upgrade\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\nsec-websocket-protocol: rdx.json.v1\r\n\r\n`,
    ));
    const head = await connection.head();
    assert.ok(head.startsWith("HTTP/1.1 101 "), head);
    return new IngestSocket(connection);
  }

  /** The next verdict; credits before it are added up. Null: only credits have come. */
  async hear(): Promise<Verdict | null> {
    const said = JSON.parse(await textMessage(this.connection));
    if (said.$rdx === "credit") {
      this.credit += said.rows;
      return null;
    }
    assert.equal(said.$rdx, "ack", JSON.stringify(said));
    return said;
  }
}

/** Sends messages over one WebSocket, at most `underWay` before their verdicts, as far as the credits go. */
export async function sendWebSocket(
  url: string,
  stream: string,
  { messages, rows, underWay }: { messages: readonly Uint8Array[]; rows: number; underWay: number },
  answered: (verdict: Verdict) => void,
): Promise<void> {
  const socket = await IngestSocket.open(url, stream);
  let sent = 0, verdicts = 0, writing = Promise.resolve();
  while (verdicts < messages.length) {
    while (sent < messages.length && sent - verdicts < underWay && socket.credit >= rows) {
      const message = messages[sent++];
      writing = writing.then(() => socket.connection.write(message));
      socket.credit -= rows;
    }
    const verdict = await socket.hear();
    if (!verdict) continue;
    verdicts++;
    answered(verdict);
  }
  await writing;
  socket.connection.close();
}

/** A WebSocket whose messages leave when somebody says so, and as soon as there are credits for them. */
export class PacedSocket {
  readonly #socket: IngestSocket;
  readonly #rows: number;
  readonly #waiting: Uint8Array[] = [];
  #writing = Promise.resolve();
  #open = 0;
  #settled: (() => void) | null = null;
  #finished = false;
  readonly #hearing: Promise<void>;

  private constructor(socket: IngestSocket, rows: number) {
    this.#socket = socket;
    this.#rows = rows;
    this.#hearing = this.#hear();
  }

  static async open(url: string, stream: string, rows: number): Promise<PacedSocket> {
    return new PacedSocket(await IngestSocket.open(url, stream), rows);
  }

  send(message: Uint8Array): void {
    this.#waiting.push(message);
    this.#open++;
    this.#write();
  }

  #write(): void {
    while (this.#waiting.length > 0 && this.#socket.credit >= this.#rows) {
      const message = this.#waiting.shift()!;
      this.#socket.credit -= this.#rows;
      this.#writing = this.#writing.then(() => this.#socket.connection.write(message));
    }
  }

  async #hear(): Promise<void> {
    try {
      while (true) {
        if (await this.#socket.hear()) this.#open--;
        this.#write();
        if (this.#open === 0) this.#settled?.();
      }
    } catch (thrown) {
      if (!this.#finished) throw thrown;
    }
  }

  /** Resolves when every message has its verdict. */
  async finish(): Promise<void> {
    if (this.#open > 0) await Promise.race([this.#hearing, new Promise<void>((resolve) => this.#settled = resolve)]);
    this.#finished = true;
    this.#socket.connection.close();
    await this.#hearing;
  }
}

async function textMessage(connection: Connection): Promise<string> {
  const [first, second] = await connection.take(2);
  assert.equal(first, FINAL | TEXT, `a message of kind ${first}`);
  assert.ok(second <= TWO_BYTES, `a message of length ${second}`);
  let length = second;
  if (second > SHORT_MAX) {
    const [high, low] = await connection.take(2);
    length = high << 8 | low;
  }
  return decoder.decode(await connection.take(length));
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}
