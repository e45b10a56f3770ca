import { setImmediate } from "node:timers";
import type { SelfChannel } from "./work_queue.ts";

/**
 * A channel to itself behind which everything else has its turn. Deno goes on with the messages of one port while there are any: a worker that sends itself
 * the next whenever it has handled one would hear nothing else until its work is done. A check phase between two of them lets the others in.
 */
export function selfChannel(): SelfChannel {
  const { port1, port2 } = new MessageChannel();
  return { port1, port2: { postMessage: (message) => void setImmediate(() => port2.postMessage(message)) } };
}
