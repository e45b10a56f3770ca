import assert from "node:assert/strict";
import type { TestServer } from "../e2e/server.ts";

/** A dead letter, and the id of the row in it. */
export interface Letter {
  readonly id: number;
  readonly row: number;
}

interface Answer {
  readonly replayed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Letters in one request, at most. */
const HANDFUL_MAX = 12;

/** Dead letters of stream `s` from a pipeline, oldest first. */
export async function lettersOf(server: TestServer, pipeline: string): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (let cursor = "";;) {
    const page = await server.json<{ rows: { id: number; raw: string }[]; next: string | number | null }>(
      `/v1/streams/s/dead?pipeline=${pipeline}&order=oldest&limit=500${cursor}`,
    );
    letters.push(...page.rows.map(({ id, raw }) => ({ id, row: JSON.parse(raw).id })));
    if (page.next === null) return letters;
    cursor = `&cursor=${page.next}`;
  }
}

/** Replays the letters of a pipeline a handful at a time, and what nobody has answered once more: knows which of them have to be in the stream again. */
export class LetterReplays {
  readonly #pipeline: string;
  readonly #random: (below: number) => number;
  /** Those that are dead still, as far as anybody knows. */
  #open: readonly Letter[];
  /** Those that were asked for without an answer. */
  readonly #unknown = new Set<number>();

  constructor(pipeline: string, letters: readonly Letter[], random: (below: number) => number) {
    this.#pipeline = pipeline;
    this.#open = letters;
    this.#random = random;
  }

  get left(): number {
    return this.#open.length;
  }

  /** Asks for some of them; whether the server has answered. */
  async some(server: TestServer): Promise<boolean> {
    const first = this.#random(this.left), count = 1 + this.#random(HANDFUL_MAX);
    const handful = this.#open.slice(first, first + count), ids = handful.map(({ id }) => id);
    const sure = ids.filter((id) => !this.#unknown.has(id)).length;
    for (const id of ids) this.#unknown.add(id);
    const answer = await this.#ask(server, ids);
    if (answer === null) return false;
    const { replayed, failed, skipped } = answer;
    assert.deepEqual([failed, skipped], [0, 0], this.#pipeline);
    assert.ok(sure <= replayed && replayed <= ids.length, `${replayed} of ${ids.length} were dead, ${sure} surely`);
    this.#open = this.#open.filter((letter) => !handful.includes(letter));
    return true;
  }

  /** Null: the server has gone, and nobody knows what it has done. */
  async #ask(server: TestServer, ids: readonly number[]): Promise<Answer | null> {
    const path = `/v1/streams/s/dead/replay?pipeline=${this.#pipeline}`,
      headers = { "content-type": "application/json" };
    let response: Response, text: string;
    try {
      response = await server.fetch(path, { method: "POST", headers, body: JSON.stringify({ ids }) });
      text = await response.text();
    } catch {
      return null;
    }
    assert.equal(response.status, 200, text);
    return JSON.parse(text);
  }
}
