import type { Clock } from "../../core/clock.ts";
import { completeHeaders } from "../answer_headers.ts";
import type { ServerContext } from "../context.ts";
import type { Problem } from "../problems.ts";

const encoder = new TextEncoder();
const JSON_TYPE = "application/json", PROBLEM_TYPE = "application/problem+json";

/** Writes answers as they travel: the header that most of them have is written once. */
export class Answers {
  readonly #fixed: string;
  readonly #clock: Clock;
  #dateSecond = NaN;
  #date = "";

  constructor(server: ServerContext) {
    const headers = new Headers();
    completeHeaders(headers, server, null);
    this.#fixed = linesOf(headers);
    this.#clock = server.clock;
  }

  /** 200 with a value in JSON, and a line feed behind it as answers.ts has it. */
  json(value: unknown): Uint8Array {
    return this.#whole(200, JSON_TYPE, "", JSON.stringify(value) + "\n");
  }

  problem({ status, headers, body }: Problem): Uint8Array {
    return this.#whole(status, PROBLEM_TYPE, linesOf(new Headers(headers)), JSON.stringify(body));
  }

  #whole(status: number, type: string, more: string, text: string): Uint8Array {
    const before = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\ncontent-type: ${type}\r\n${this.#fixed}${more}` +
      `date: ${this.#now()}\r\ncontent-length: `;
    const whole = (length: number) => `${before}${length}\r\n\r\n${text}`;
    // Nearly always every character is one byte, and then all of it is made at once.
    const expected = whole(text.length), bytes = encoder.encode(expected);
    return bytes.length === expected.length ? bytes : encoder.encode(whole(encoder.encode(text).length));
  }

  /** Written once a second. */
  #now(): string {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#date = new Date(second * 1000).toUTCString();
    }
    return this.#date;
  }
}

/** Of what an answer to rows can be; others need none (RFC 9112, 4). */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
  507: "Insufficient Storage",
};

function linesOf(headers: Headers): string {
  return [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
}
