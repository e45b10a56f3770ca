import { openSocket, type SocketAddress } from "./socket.ts";
import type { ServerSentEvent } from "./sse.ts";

/** Characters of events that came and were not taken, beyond which the connection ends: who goes on behind the last that was taken misses nothing. */
const WAITING_CHARS_MAX = 16 << 20;

/**
 * The events of one connection to a live view, as a WebSocket: browsers open six connections for requests to a server, all tabs together, and every event stream
 * takes one of them; WebSockets are not among these. Gives null once it is there, and ends when the server ends it. Rejects with why the server refuses,
 * and with the signal's reason.
 */
export async function* followSocket(
  address: SocketAddress,
  path: string,
  since: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent | null, void, undefined> {
  const came: string[] = [];
  let ended = false, waiting = 0, wake = () => {};
  const place = {
    path: withSince(path, since),
    protocol: "rdx.json.v1",
    twin: path.replace(/\/live(?=\?|$)/, ""),
    twinCode: null,
  };
  const socket = await openSocket(address, place, signal, (one) => {
    one.onmessage = ({ data }) => {
      waiting += data.length;
      if (waiting > WAITING_CHARS_MAX) {
        // What comes until it is closed must not follow a gap.
        one.onmessage = null;
        return one.close();
      }
      came.push(data);
      wake();
    };
  });
  const end = () => {
    ended = true;
    wake();
  };
  socket.onclose = end;
  signal.addEventListener("abort", end);
  try {
    yield null;
    while (true) {
      signal.throwIfAborted();
      for (let data = came.shift(); data !== undefined; data = came.shift()) {
        waiting -= data.length;
        yield { ...headOf(data), data };
      }
      if (ended) return;
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    signal.removeEventListener("abort", end);
    socket.close();
  }
}

/** Kind and id stand at the beginning of every event. */
function headOf(data: string): { event: string; id: string } {
  const [, id = "", event = ""] = /^\{(?:"id":"([^"]*)",)?"event":"(\w+)"/.exec(data) ?? [];
  return { event, id };
}

function withSince(path: string, id: string): string {
  return id === "" ? path : `${path}${path.includes("?") ? "&" : "?"}since=${encodeURIComponent(id)}`;
}
