import { type ErrorDetail, reasonOf } from "../core/errors.ts";
import { CommandError, EXIT, type ExitCode, placesOf, usage } from "./exit.ts";

/** Requests to a running server. */
export class ServerCalls {
  readonly #url: string;
  readonly #token: string | null;

  /** Throws CommandError (usage) for an address that is none. */
  constructor(url: string, token: string | null) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
      throw usage(`--server is ${JSON.stringify(url)}: expected an address such as http://127.0.0.1:8080`);
    }
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /** Throws CommandError with what the server says when it refuses, or why it cannot be reached. */
  async call(
    method: string,
    path: string,
    body: ReadableStream<Uint8Array> | string | null = null,
    type: string | null = null,
  ): Promise<Response> {
    const headers = {
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(type === null ? {} : { "content-type": type }),
    };
    let answer: Response;
    try {
      answer = await fetch(this.#url + path, { method, headers, body });
    } catch (thrown) {
      throw new CommandError(
        EXIT.failure,
        `Cannot reach the server at ${this.#url}: ${reasonOf(thrown)}; name it with --server`,
      );
    }
    if (answer.ok) return answer;
    throw new CommandError(exitCodeOf(answer.status), saidIn(await answer.text(), answer.status));
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status === 404) return EXIT.missingFile;
  if (status === 400) return EXIT.badInput;
  return status === 422 ? EXIT.usage : EXIT.failure;
}

/** What a problem says. */
function saidIn(text: string, status: number): string {
  try {
    const { detail, errors = [] } = JSON.parse(text) as { detail?: string; errors?: ErrorDetail[] };
    if (typeof detail === "string") return [detail, ...placesOf(errors)].join("\n");
  } catch {
    // Something else than rdx has answered: what it says stands below.
  }
  return `The server answers with status ${status}: ${text.slice(0, 200)}`;
}
