/**
 * Turns of the event loop, so that whoever writes row after row lets the network and the outbox have theirs. Timers would do, but in pages they wait for 4 ms.
 */
export class Turns {
  #channel: MessageChannel | null = null;
  #waiting: (() => void)[] = [];

  /** Resolves in a later turn. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const { port1, port2 } = this.#channel ??= new MessageChannel();
      if (this.#waiting.push(resolve) > 1) return;
      // A port that is listened to keeps Deno and Node from ending.
      port1.onmessage = () => {
        port1.onmessage = null;
        for (const wake of this.#waiting.splice(0)) wake();
      };
      port2.postMessage(null);
    });
  }

  close(): void {
    this.#channel?.port1.close();
    this.#channel = null;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
