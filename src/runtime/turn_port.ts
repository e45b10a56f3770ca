/**
 * Sends what one turn of the event loop has to say as one message, an array: a message between threads costs tens of microseconds, whatever is
 * in it. The order is kept; buffers change hands when the turn ends.
 */
export class TurnPort<Message> {
  readonly #port: MessagePort;
  #messages: Message[] = [];
  #transfer: Transferable[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
  }

  send(message: Message, transfer: readonly Transferable[] = []): void {
    if (this.#messages.length === 0) queueMicrotask(() => this.#flush());
    this.#messages.push(message);
    this.#transfer.push(...transfer);
  }

  #flush(): void {
    const messages = this.#messages, transfer = this.#transfer;
    this.#messages = [];
    this.#transfer = [];
    this.#port.postMessage(messages, transfer);
  }
}
