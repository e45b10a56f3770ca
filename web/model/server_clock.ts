/** A `date` header has whole seconds: the server's clock lies up to one second behind it. */
const HEADER_MS = 500;
/** The whole seconds and the way of an answer can make that much. */
const UNSURE_MS = 1500;

/** What a server's answers say of the server itself: how late it is there, and which build it is. */
export class ServerFacts {
  #offset: number | null = null;
  firstBuild: string | null = null;
  build: string | null = null;

  /** The server's clock minus this machine's, ms; null before the first answer that shows its date. */
  get offsetMs(): number | null {
    return this.#offset;
  }

  /** Takes an answer's header; `sentMs` and `now` are this machine's clock when it was asked and answered. */
  learn(headers: { get(name: string): string | null }, sentMs: number, now: number): void {
    const date = Date.parse(headers.get("date") ?? "");
    // What was long under way says little of the clock.
    if (!Number.isNaN(date) && now - sentMs < 2000) this.#offset = date + HEADER_MS - (sentMs + now) / 2;
    const build = headers.get("rdx-build");
    if (build === null) return;
    this.firstBuild ??= build;
    this.build = build;
  }

  /** A time of this machine's clock as the server's clock has it; the same where both may agree. */
  serverTime(now: number): number {
    const offset = this.#offset ?? 0;
    return Math.abs(offset) > UNSURE_MS ? now + offset : now;
  }
}
