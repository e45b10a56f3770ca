import type { Address } from "../../src/client/rdx/address.ts";
import { request, send } from "../../src/client/rdx/http.ts";
import { ServerFacts } from "../model/server_clock.ts";

const TOKEN_KEY = "rdx.token";
/** What a header carries; a token of other characters would make every request throw. */
const SENDABLE = /^[\x20-\x7e\x80-\xff]+$/;
/** What takes longer is said to be slow; what takes this long is given up. */
const SLOW_MS = 3000;
export const GIVE_UP_MS = 15_000;
const RETRY_MS = [1000, 2000, 3000, 5000];

export type LinkState =
  | { readonly kind: "starting" }
  | { readonly kind: "ready" }
  | { readonly kind: "slow" }
  | { readonly kind: "draining"; readonly reason: string }
  | { readonly kind: "gone"; readonly retryAtMs: number };

/** The page's way to its server: the token, whether it answers, of which build it is and what its clock shows. */
export class Link {
  state: LinkState = { kind: "starting" };
  /** A request was refused for want of the right token. */
  refused = false;
  /** What the server's answers say of its clock and its build. */
  readonly facts = new ServerFacts();
  /** The address held a token that nothing can be sent with. */
  readonly unusable: boolean;
  #token: string | null;
  #worked = false;
  #failures = 0;
  #listeners: (() => void)[] = [];

  constructor(readonly origin: string) {
    const { token, unusable } = takeToken();
    this.#token = token;
    this.unusable = unusable;
  }

  get token(): string | null {
    return this.#token;
  }

  /** Whether the token that is refused now was taken before. */
  get expired(): boolean {
    return this.#worked;
  }

  /** Takes the token that a person gave. Returns false, and takes nothing, when no header can carry it. */
  setToken(token: string): boolean {
    if (!SENDABLE.test(token)) return false;
    this.#token = token;
    this.#worked = this.refused = false;
    sessionStorage.setItem(TOKEN_KEY, token);
    this.#changed();
    return true;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The server's time, epoch ms. */
  now(): number {
    return this.facts.serverTime(Date.now());
  }

  /** What the client library needs. */
  get server(): Address & { readonly token?: string } {
    return { url: this.origin, fetch: this.fetch, ...(this.#token === null ? {} : { token: this.#token }) };
  }

  /** A JSON request. Throws RdxError with the problem's code, sentence and details. */
  async request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    return await request(this.server, method, path, body, signal ? { signal } : {}) as T;
  }

  get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return this.request<T>("GET", path, undefined, signal);
  }

  /** Text, instead of the JSON that the path also gives. Throws as `request` does. */
  async text(path: string, init: RequestInit = {}): Promise<string> {
    const answer = await send(this.server, path, { ...init, headers: { accept: "text/plain", ...init.headers } });
    return answer.text();
  }

  /** Asks whether the server is ready; it answers without a token. Never throws. */
  async look(): Promise<void> {
    const slow = setTimeout(() => this.#become({ kind: "slow" }), SLOW_MS);
    try {
      const response = await this.fetch(`${this.origin}/readyz`, { signal: AbortSignal.timeout(GIVE_UP_MS) });
      const { ready, reason } = await response.json();
      this.#failures = 0;
      this.#become(ready === true ? { kind: "ready" } : { kind: "draining", reason: String(reason ?? "") });
    } catch {
      this.#lost();
    } finally {
      clearTimeout(slow);
    }
  }

  /** `fetch` that notices what the header of every answer says. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const sent = Date.now(), response = await globalThis.fetch(input, { cache: "no-store", ...init });
    this.facts.learn(response.headers, sent, Date.now());
    const open = new URL(response.url).pathname === "/readyz";
    if (!open) this.#admitted(response.status !== 401);
    return response;
  };

  #admitted(admitted: boolean): void {
    if (admitted) this.#worked = true;
    if (this.refused === !admitted) return;
    this.refused = !admitted;
    this.#changed();
  }

  #lost(): void {
    const wait = RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)];
    this.#become({ kind: "gone", retryAtMs: Date.now() + wait });
  }

  #become(state: LinkState): void {
    this.state = state;
    this.#changed();
  }
}

/** A token in the address is taken over once and leaves it: addresses are kept, shown and passed on. */
function takeToken(): { token: string | null; unusable: boolean } {
  const url = new URL(location.href), hash = /^#token=([^&]*)$/.exec(url.hash);
  const given = url.searchParams.get("access_token") ?? (hash ? decoded(hash[1]) : null);
  if (given !== null) {
    if (SENDABLE.test(given)) sessionStorage.setItem(TOKEN_KEY, given);
    url.searchParams.delete("access_token");
    if (hash) url.hash = "#/";
    history.replaceState(null, "", url);
  }
  const kept = sessionStorage.getItem(TOKEN_KEY), token = kept !== null && SENDABLE.test(kept) ? kept : null;
  if (token === null) sessionStorage.removeItem(TOKEN_KEY);
  return { token, unusable: given !== null && !SENDABLE.test(given) };
}

/** Text of an address; empty where its percent signs make no sense. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
