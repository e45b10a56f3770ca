/** One server-sent event. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  /** The last id that came, with this event or before it. */
  readonly id: string;
}

/**
 * Reads an event stream as https://html.spec.whatwg.org/multipage/server-sent-events.html says, piece by piece, however its bytes are cut; `retry` says nothing to who
 * waits longer each time. Each character is looked at once: what an unfinished line has so far is kept in pieces, and joined when it ends.
 */
export class EventStreamParser {
  readonly #deliver: (event: ServerSentEvent) => void;
  readonly #decoder = new TextDecoder();
  /** An unfinished line. */
  #pieces: string[] = [];
  /** The last piece ended with a carriage return: a line feed at the start of the next belongs to it. */
  #afterReturn = false;
  #data: string[] = [];
  #event = "";
  #id = "";

  constructor(deliver: (event: ServerSentEvent) => void) {
    this.#deliver = deliver;
  }

  push(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return;
    let at = this.#afterReturn && text.startsWith("\n") ? 1 : 0;
    this.#afterReturn = false;
    let feed = text.indexOf("\n", at), turn = text.indexOf("\r", at);
    while (feed >= 0 || turn >= 0) {
      const end = turn < 0 || (feed >= 0 && feed < turn) ? feed : turn;
      this.#endLine(text.slice(at, end));
      at = end + 1;
      if (end === turn) {
        if (feed === at) at++;
        else if (at === text.length) this.#afterReturn = true;
        turn = text.indexOf("\r", at);
      }
      if (feed >= 0 && feed < at) feed = text.indexOf("\n", at);
    }
    if (at < text.length) this.#pieces.push(text.slice(at));
  }

  #endLine(rest: string): void {
    let line = rest;
    if (this.#pieces.length > 0) {
      this.#pieces.push(rest);
      line = this.#pieces.join("");
      this.#pieces = [];
    }
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
  }

  #dispatch(): void {
    const data = this.#data, event = this.#event || "message";
    this.#data = [];
    this.#event = "";
    if (data.length > 0) this.#deliver({ event, data: data.join("\n"), id: this.#id });
  }
}
