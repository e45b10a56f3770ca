import type { Address } from "../client/rdx/address.ts";
import { usage } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

const SERVER = "http://127.0.0.1:8080";

/** The server that a call is about. Throws CommandError (usage) for an address that is none. */
export function serverOf(url: string = SERVER, terminal: Terminal): Address {
  const token = terminal.env("RDX_TOKEN");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usage(`--server is ${JSON.stringify(url)}: expected a URL such as ${SERVER}`);
  }
  return { url, ...(token ? { token } : {}) };
}
