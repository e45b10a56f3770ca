/** The token of a server, or what gives one. */
export type Token = string | (() => string | Promise<string>);

/** A server as the parts of the client take it; `connect` and components make one for all that they do. */
export interface Address {
  /** http or https, with or without a path; in a page it may be relative. */
  readonly url: string;
  /** Share one TokenSource among all uses of a server, so that they share what they learn of its token. */
  readonly token?: Token | TokenSource;
  /** Default: the platform's. */
  readonly fetch?: typeof fetch;
}

/** The token that is used now. A function is asked first when a token is needed, and again when the server refused what it gave. */
export class TokenSource {
  readonly #token: Token | null;
  #asked: Promise<string> | null = null;

  constructor(token?: Token) {
    this.#token = token ?? null;
  }

  static of(token: Token | TokenSource | undefined): TokenSource {
    return token instanceof TokenSource ? token : new TokenSource(token);
  }

  /** Another token may come: waiting can heal a refusal. */
  get changes(): boolean {
    return typeof this.#token === "function";
  }

  /** The token, or null where none was given. Rejects with what the function throws, which is then asked again. */
  current(): Promise<string | null> {
    const token = this.#token;
    if (typeof token !== "function") return Promise.resolve(token);
    if (!this.#asked) {
      const asked = Promise.resolve().then(token);
      this.#asked = asked;
      asked.catch(() => this.#asked === asked && (this.#asked = null));
    }
    return this.#asked;
  }

  /** The server refused this token. Returns whether another try makes sense. */
  async refused(token: string | null): Promise<boolean> {
    if (!this.changes) return false;
    const asked = this.#asked;
    const known = await asked?.catch(() => null) ?? null;
    // Others may have asked for a new one meanwhile.
    if (known === token && this.#asked === asked) this.#asked = null;
    return true;
  }
}

/** The absolute URL of a path (that starts with `/v1/` or so) below a server, which may itself lie below a path. */
export function urlOf({ url }: Address, path: string): URL {
  const page = (globalThis as { location?: { href: string } }).location?.href;
  const base = new URL(url === "" ? "/" : url, page);
  const at = path.indexOf("?"), pathname = at < 0 ? path : path.slice(0, at);
  base.pathname = base.pathname.replace(/\/+$/, "") + (pathname.startsWith("/") ? pathname : `/${pathname}`);
  base.search = at < 0 ? "" : path.slice(at);
  base.hash = "";
  return base;
}
