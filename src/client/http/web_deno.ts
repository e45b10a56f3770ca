import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { RdxError, reasonOf } from "../../core/errors.ts";
import { HTTP_CLIENTS_MAX } from "../../core/limits.ts";
import { type AddressRange, mayAsk } from "./address.ts";
import { type SecretPlace, type Web, WebFailure, type WebRequest } from "./web.ts";

/** Variables of the environment that plans may name: others, such as the server's token, are not theirs. */
const SECRET = /^RDX_SECRET_\w+$/;

/**
 * The network as Deno has it. Names are resolved before they are asked, so that neither a name nor a redirect leads to a server of an inner
 * network that is not in `allowed`. A name that leads elsewhere a moment later does not either: over http the connection goes to the
 * address that was looked at, and over https a server of an inner network has no certificate for the name.
 */
export class DenoWeb implements Web {
  readonly #allowed: readonly AddressRange[];
  readonly #pathOf: (path: string) => string;
  /** By address and port, of http. */
  readonly #clients = new Map<string, Deno.HttpClient>();

  constructor(allowed: readonly AddressRange[], pathOf: (path: string) => string) {
    this.#allowed = allowed;
    this.#pathOf = pathOf;
  }

  async check(url: URL): Promise<void> {
    try {
      await this.#addresses(url);
    } catch (thrown) {
      if (thrown instanceof WebFailure) throw new RdxError("invalid_plan", thrown.message);
      // A name that is not known now may be by the time that rows come.
    }
  }

  async send({ url, method, headers, body, signal }: WebRequest): Promise<Response> {
    const addresses = await this.#addresses(url);
    for (const [i, address] of addresses.entries()) {
      try {
        const pinned = url.protocol === "http:" ? { client: this.#client(address, url) } : {};
        return await fetch(url, { method, headers: { ...headers }, body, signal, redirect: "manual", ...pinned });
      } catch (thrown) {
        if (signal.aborted || url.protocol === "https:" || i === addresses.length - 1) throw thrown;
      }
    }
    throw new Error(`${url.hostname} has no address`);
  }

  /** Where a name leads. Throws WebFailure when nobody may ask there. */
  async #addresses({ hostname }: URL): Promise<readonly string[]> {
    const name = hostname.replace(/^\[(.*)\]$/, "$1");
    const addresses = isIP(name) ? [name] : (await lookup(name, { all: true })).map(({ address }) => address);
    const inner = addresses.find((address) => !mayAsk(address, this.#allowed));
    if (inner === undefined) return [...new Set(addresses)].sort();
    const where = inner === name ? name : `${name}, which is ${inner},`;
    throw new WebFailure(`${where} is an address of an inner network: allow it with --allow-private ${inner}`, true);
  }

  #client(hostname: string, url: URL): Deno.HttpClient {
    const port = Number(url.port || 80), key = `${hostname} ${port}`;
    let client = this.#clients.get(key);
    if (client) return client;
    const [oldest] = this.#clients;
    if (this.#clients.size === HTTP_CLIENTS_MAX) {
      oldest[1].close();
      this.#clients.delete(oldest[0]);
    }
    client = Deno.createHttpClient({ proxy: { transport: "tcp", hostname, port } });
    this.#clients.set(key, client);
    return client;
  }

  async secret(place: SecretPlace): Promise<string> {
    if ("env" in place) {
      if (!SECRET.test(place.env)) {
        throw new RdxError("invalid_plan", `A plan reads variables that begin with RDX_SECRET_, and not ${place.env}`);
      }
      const value = Deno.env.get(place.env);
      if (value === undefined) throw new RdxError("invalid_plan", `The environment has no variable ${place.env}`);
      return value;
    }
    try {
      return await Deno.readTextFile(this.#pathOf(place.file));
    } catch (thrown) {
      throw new RdxError("invalid_plan", `Cannot read the file ${place.file} of a header: ${reasonOf(thrown)}`);
    }
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }
}
