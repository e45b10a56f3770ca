import { usage } from "./exit.ts";
import type { Arguments } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

const SERVER = "http://127.0.0.1:8080";

/** The server that `--server` names, with the token of RDX_TOKEN. */
export function serverOf(args: Arguments, terminal: Terminal): { readonly url: string; readonly token?: string } {
  const url = args.text("server") ?? SERVER, token = terminal.env("RDX_TOKEN");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw usage(`--server is ${JSON.stringify(url)}: expected a URL such as ${SERVER}`);
  }
  return { url, ...(token ? { token } : {}) };
}
