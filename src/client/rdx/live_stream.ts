import type { Address } from "./address.ts";
import { send } from "./http.ts";
import { EventStreamParser, type ServerSentEvent } from "./sse.ts";

/** The events of one connection to a live view, as an event stream; null once it is there. Ends when the server ends it. */
export async function* followStream(
  address: Address,
  path: string,
  lastId: string,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent | null, void, undefined> {
  const headers = { accept: "text/event-stream", ...(lastId === "" ? {} : { "last-event-id": lastId }) };
  const answer = await send(address, path, { headers, signal, cache: "no-store" }), reader = answer.body!.getReader();
  const events: ServerSentEvent[] = [], parser = new EventStreamParser((event) => events.push(event));
  // Under Deno the signal of a fetch reaches its body no more once the request is garbage, as it is after some time.
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    yield null;
    while (true) {
      const { value, done } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      parser.push(value);
      yield* events.splice(0);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
