import type { Random } from "./pool.ts";

/** Where requests go: an application as Hono makes it. */
export interface Asked {
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A network between clients and one server: requests and answers take their time, come twice, or never. */
export class SimNetwork {
  readonly #random: Random;
  readonly #waiting: (() => void)[] = [];
  readonly #open = new Set<() => void>();
  #server: Asked | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  /** What is on its way to, or from, the server before is lost. */
  connect(server: Asked | null): void {
    this.#server = server;
    this.#waiting.length = 0;
    for (const lose of [...this.#open]) lose();
  }

  get quiet(): boolean {
    return this.#open.size === 0 && this.#waiting.length === 0;
  }

  /** Resolves to the answer; null: nobody knows what became of it. */
  ask(path: string, init: RequestInit): Promise<Answer | null> {
    const { promise, resolve } = Promise.withResolvers<Answer | null>(), random = this.#random;
    const end = (answer: Answer | null) => {
      this.#open.delete(lose);
      resolve(answer);
    };
    const lose = () => end(null);
    this.#open.add(lose);
    const fate = random(20);
    if (fate === 0) this.#waiting.push(lose);
    else this.#waiting.push(() => void this.#deliver(path, init, fate === 1 ? lose : null, end));
    // Somebody on the way sends it again, whose answer nobody gets.
    if (random(10) === 0) this.#waiting.push(() => void this.#deliver(path, init, null, () => {}));
    return promise;
  }

  async #deliver(path: string, init: RequestInit, lost: (() => void) | null, end: (answer: Answer) => void) {
    const server = this.#server;
    if (!server) return;
    const response = await server.request(`http://127.0.0.1${path}`, init), text = await response.text();
    if (server !== this.#server) return;
    const body: Record<string, unknown> = JSON.parse(text);
    this.#waiting.push(lost ?? (() => end({ status: response.status, body })));
  }

  /** One thing arrives, or nothing. */
  turn(): void {
    if (this.#waiting.length === 0) return;
    this.#waiting.splice(this.#random(this.#waiting.length), 1)[0]();
  }
}
