import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { DOOR_TURN_BYTES, SOCKET_IDLE_SECONDS_MAX } from "../../../src/core/limits.ts";
import { BodyBuffers } from "../../../src/server/door/body_buffers.ts";
import { ByteReader } from "../../../src/server/door/byte_reader.ts";
import { Deadlines } from "../../../src/server/door/deadlines.ts";
import { unmask } from "../../../src/server/door/frames.ts";
import { DoorSocket } from "../../../src/server/door/socket.ts";
import { IngestSession } from "../../../src/server/ingest_session.ts";
import { jsonDialect } from "../../../src/server/messages_json.ts";
import { HandClock, type Harness, until, withServer } from "../harness.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();
const TEXT = 1, BINARY = 2, MORE = 0, CLOSE = 8, PING = 9, PONG = 10;
const KEY = "dGhlIHNhbXBsZSBub25jZQ==", ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

interface Frame {
  readonly opcode: number;
  readonly bytes: Uint8Array;
}

/** A client that sends frames as it likes. */
class RawSocket {
  readonly #connection: Deno.TcpConn;
  #bytes = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open({ server }: Harness, more = ""): Promise<RawSocket> {
    const socket = new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port: server.port }));
    await socket.write(encoder.encode(
      `GET /v1/streams/s/ws HTTP/1.1\r\nhost: localhost\r\nupgrade: WebSocket\r\nconnection: keep-alive, Upgrade\r\n` +
        `sec-websocket-version: 13\r\nsec-websocket-key: ${KEY}\r\n${more}\r\n`,
    ));
    const head = await socket.#head();
    assert.match(head, /^HTTP\/1.1 101 /);
    assert.ok(head.includes(`sec-websocket-accept: ${ACCEPT}\r\n`), head);
    return socket;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#connection.write(bytes.subarray(at));
  }

  async send(opcode: number, content: string | Uint8Array, final = true): Promise<void> {
    const bytes = typeof content === "string" ? encoder.encode(content) : content, mask = [1, 2, 3, 4];
    const length = bytes.length <= 125 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
    const head = [opcode | (final ? 0x80 : 0), length[0] | 0x80, ...length.slice(1), ...mask];
    await this.write(new Uint8Array([...head, ...bytes.map((byte, i) => byte ^ mask[i & 3])]));
  }

  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(4096), count = await this.#connection.read(buffer);
    this.#bytes = new Uint8Array([...this.#bytes, ...buffer.subarray(0, count ?? 0)]);
    return count !== null;
  }

  async #head(): Promise<string> {
    for (;;) {
      const text = decoder.decode(this.#bytes), end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#bytes = this.#bytes.slice(end + 4);
        return text.slice(0, end + 2);
      }
      assert.ok(await this.#more(), text);
    }
  }

  /** The next frame, or null when the server has ended the connection. */
  async next(): Promise<Frame | null> {
    const need = () => {
      if (this.#bytes.length < 2) return 2;
      const short = this.#bytes[1];
      if (short < 126) return 2 + short;
      return this.#bytes.length < 4 ? 4 : 4 + (this.#bytes[2] << 8 | this.#bytes[3]);
    };
    while (this.#bytes.length < need()) if (!await this.#more()) return null;
    const end = need(),
      frame = { opcode: this.#bytes[0] & 15, bytes: this.#bytes.slice(this.#bytes[1] < 126 ? 2 : 4, end) };
    this.#bytes = this.#bytes.slice(end);
    return frame;
  }

  /** The next message of text, as JSON. */
  async said() {
    const frame = await this.next();
    assert.equal(frame?.opcode, TEXT);
    return JSON.parse(decoder.decode(frame!.bytes));
  }

  /** The code of the close that comes next, and whether the connection ends behind it. */
  async closed(): Promise<number> {
    const frame = await this.next();
    assert.equal(frame?.opcode, CLOSE);
    const [high, low] = frame!.bytes;
    assert.equal(await this.next(), null);
    return high << 8 | low;
  }

  close(): void {
    this.#connection.close();
  }
}

async function withSocket(test: (socket: RawSocket, harness: Harness) => Promise<void>, options = {}): Promise<void> {
  await withServer(options, async (harness) => {
    const socket = await RawSocket.open(harness);
    try {
      assert.equal((await socket.said()).$rdx, "credit");
      await test(socket, harness);
    } finally {
      socket.close();
    }
    await until(() => harness.server.context.connections.count === 0);
  });
}

const textsOf = ({ engine }: Harness) => engine.streams.requests.map(({ text }) => text);

Deno.test("a message comes whole or in pieces, as text or as bytes, with pings between the pieces", async () => {
  await withSocket(async (socket, harness) => {
    await socket.send(TEXT, '{"n":"é"}');
    assert.equal((await socket.said()).accepted, 1);
    await socket.send(BINARY, '{"n":2}');
    assert.equal((await socket.said()).accepted, 1);
    const [first, second] = [
      encoder.encode('{"n":"é').subarray(0, 7),
      encoder.encode('{"n":"é"}\n{"n":4}').subarray(7),
    ];
    await socket.send(TEXT, first, false);
    await socket.send(PING, "still there?");
    const pong = await socket.next();
    assert.deepEqual([pong!.opcode, decoder.decode(pong!.bytes)], [PONG, "still there?"]);
    await socket.send(MORE, second.subarray(0, 3), false);
    await socket.send(MORE, second.subarray(3));
    assert.equal((await socket.said()).accepted, 2);
    assert.deepEqual(textsOf(harness), ['{"n":"é"}', '{"n":2}', '{"n":"é"}\n{"n":4}']);
  });
});

Deno.test("a close is answered with its code, and the connection ends", async () => {
  await withSocket(async (socket) => {
    await socket.send(CLOSE, new Uint8Array([0x0f, 0xa0, 65]));
    assert.equal(await socket.closed(), 4000);
  });
});

const BROKEN: readonly (readonly [what: string, code: number, send: (socket: RawSocket) => Promise<void>])[] = [
  ["a frame without a mask", 1002, (socket) => socket.write(new Uint8Array([0x81, 0x01, 65]))],
  ["a piece of no message", 1002, (socket) => socket.send(MORE, "x")],
  ["a message within a message", 1002, async (socket) => {
    await socket.send(TEXT, "x", false);
    await socket.send(TEXT, "y");
  }],
  ["text that is no UTF-8", 1007, (socket) => socket.send(TEXT, new Uint8Array([0xc3, 0x28]))],
  ["text in pieces that is no UTF-8", 1007, async (socket) => {
    await socket.send(TEXT, new Uint8Array([0xc3]), false);
    await socket.send(MORE, "a");
  }],
];
for (const [what, code, send] of BROKEN) {
  Deno.test(`${what} ends the connection with ${code}, and nothing of it is stored`, async () => {
    await withSocket(async (socket, harness) => {
      await send(socket);
      assert.equal(await socket.closed(), code);
      assert.deepEqual(textsOf(harness), []);
    });
  });
}

for (const inPieces of [false, true]) {
  Deno.test(`a message that is too long ${inPieces ? "in pieces " : ""}is told and ends the connection with 1009`, async () => {
    await withSocket(async (socket, harness) => {
      if (inPieces) { for (let i = 0; i < 3; i++) await socket.send(i === 0 ? TEXT : MORE, "x".repeat(400), false); }
      else await socket.send(TEXT, "x".repeat(1001));
      const { type, sequence } = await socket.said();
      assert.deepEqual([type, sequence], ["/problems/too_large", undefined]);
      assert.equal(await socket.closed(), 1009);
      assert.deepEqual(textsOf(harness), []);
    }, { bounds: { messageBytesMax: 1000 } });
  });
}

Deno.test("who is silent for long is pinged, and ended when nothing comes of it", async () => {
  const clock = new HandClock(), idleMs = SOCKET_IDLE_SECONDS_MAX * 1000;
  await withSocket(async (socket) => {
    await until(() => clock.timers > 0);
    clock.advance(idleMs);
    assert.equal((await socket.next())!.opcode, PING);
    await socket.send(PONG, "");
    await socket.send(TEXT, '{"n":1}');
    assert.equal((await socket.said()).accepted, 1);
    clock.advance(idleMs);
    assert.equal((await socket.next())!.opcode, PING);
    clock.advance(idleMs);
    assert.equal(await socket.next(), null);
  }, { clock });
});

Deno.test("who does not answer a close is ended all the same", async () => {
  const clock = new HandClock();
  await withSocket(async (socket, harness) => {
    harness.server.context.connections.close("ingest");
    assert.equal((await socket.said()).status, 503);
    assert.equal((await socket.next())!.opcode, CLOSE);
    await until(() => clock.timers > 0);
    clock.advance(10_000);
    assert.equal(await socket.next(), null);
  }, { clock });
});

/** A socket that brings these bytes and then ends. */
function socketOf(bytes: Uint8Array, buffers = new BodyBuffers()): DoorSocket {
  const deadlines = new Deadlines(new HandClock(), 1000);
  let at = 0;
  const source = {
    read(into: Uint8Array): Promise<number | null> {
      const piece = bytes.subarray(at, at += Math.min(into.length, bytes.length - at));
      into.set(piece);
      return Promise.resolve(piece.length === 0 ? null : piece.length);
    },
  };
  return new DoorSocket({
    reader: new ByteReader(source),
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    end: () => assert.fail("it goes on"),
    messageBytesMax: 1_000_000,
    buffers,
    unmask,
    silences: deadlines,
    closings: deadlines,
  });
}

/** Frames of `length` bytes each, whose mask is nothing: all bytes of the first are 1, of the second 2, … */
function framesOf(count: number, length: number): Uint8Array {
  const frame = 8 + length, bytes = new Uint8Array(frame * count);
  for (let i = 0; i < count; i++) {
    bytes.fill(i + 1, i * frame, (i + 1) * frame);
    bytes.set([0x82, 0x80 | 126, length >> 8, length & 255, 0, 0, 0, 0], i * frame);
  }
  return bytes;
}

Deno.test("the memory of a message takes another one when nobody uses it any more, and not before", async () => {
  const count = 40,
    length = 40_000,
    held: { bytes: Uint8Array; done: () => void }[] = [],
    memories = new Set<unknown>();
  let came = 0;
  await socketOf(framesOf(count, length)).run({
    take(bytes, _, done) {
      assert.equal(bytes.length, length);
      held.push({ bytes, done });
      memories.add(bytes.buffer);
      assert.ok(bytes.every((byte) => byte === came + 1), `message ${came}`);
      came++;
      // Three are under way at a time, and each is as it came up to its end.
      if (held.length < 3) return;
      const first = held.shift()!, number = came - 2;
      assert.ok(first.bytes.every((byte) => byte === number), `message ${number} at its end`);
      first.done();
    },
    overlong: () => assert.fail("none is"),
  });
  assert.equal(came, count);
  assert.equal(memories.size, 3);
});

Deno.test("a session is done with a message when its verdict is told, be it taken or refused", async () => {
  await withServer({}, async ({ server }) => {
    let verdicts = 0;
    const said = (message: string | Uint8Array) => void (JSON.parse(String(message)).$rdx === "credit" || verdicts++);
    const port = { send: said, close: () => assert.fail("it goes on"), buffered: 0 };
    const session = new IngestSession(port, "s", jsonDialect, server.context, "/v1/streams/s/ws"),
      done: number[][] = [];
    session.opened();
    const messages = ['{"n":1}', '{"$rdx":{"producer":" "}}\n{"n":2}', '{"n":3}'];
    for (const [i, text] of messages.entries()) {
      session.take(encoder.encode(text), undefined, () => done.push([i, verdicts]));
    }
    await until(() => done.length === messages.length);
    assert.deepEqual(done, [[0, 1], [1, 2], [2, 3]]);
    session.closed();
  });
});

Deno.test("who sends fast lets everybody else have their turn", async () => {
  const count = 200, bytes = framesOf(count, 8192), socket = socketOf(bytes);
  let turns = 0, taken = 0, going = true;
  const turn = () => {
    turns++;
    if (going) setImmediate(turn);
  };
  setImmediate(turn);
  await socket.run({ take: () => taken++, overlong: () => assert.fail("none is") });
  going = false;
  assert.equal(taken, count);
  assert.ok(turns >= Math.floor(bytes.length / DOOR_TURN_BYTES) - 1, `${turns} turns`);
});
