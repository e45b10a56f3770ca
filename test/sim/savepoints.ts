import { RdxError } from "../../src/core/errors.ts";
import type { SavepointService } from "../../src/runtime/service.ts";
import type { SavepointInfo } from "../../src/store.ts";
import type { SimPipelines } from "./engine.ts";

/** A double of savepoints for tests of those who serve them: a file is its plan as JSON. */
export class SimSavepoints implements SavepointService {
  readonly #pipelines: SimPipelines;
  readonly #kept = new Map<string, SavepointInfo & { readonly file: Uint8Array<ArrayBuffer> }>();

  constructor(pipelines: SimPipelines) {
    this.#pipelines = pipelines;
  }

  list(pipeline: string) {
    const all = [...this.#kept.values()].filter((one) => one.pipeline === pipeline);
    return Promise.resolve(all.map(({ file: _, ...info }) => info));
  }

  async take(pipeline: string, name: string) {
    const file = this.#fileOf(pipeline), info = { name, pipeline, number: 7, takenMs: 0, bytes: file.length };
    await Promise.resolve();
    if (this.#kept.has(`${pipeline} ${name}`)) throw new RdxError("conflict", `There is a savepoint ${name} already`);
    this.#kept.set(`${pipeline} ${name}`, { ...info, file });
    return info;
  }

  async read(pipeline: string, name: string | null) {
    await Promise.resolve();
    const file = name === null ? this.#fileOf(pipeline) : this.#find(pipeline, name).file;
    return { bytes: name === null ? null : file.length, pieces: ReadableStream.from([file.slice()]) };
  }

  #find(pipeline: string, name: string) {
    const kept = this.#kept.get(`${pipeline} ${name}`);
    if (!kept) throw new RdxError("not_found", `There is no savepoint ${name} of ${pipeline}`);
    return kept;
  }

  #fileOf(pipeline: string): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(JSON.stringify(this.#pipelines.get(pipeline).plan));
  }

  async remove(pipeline: string, name: string) {
    await Promise.resolve();
    this.#find(pipeline, name);
    this.#kept.delete(`${pipeline} ${name}`);
  }

  async restore(
    pipeline: string,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    start: "saved" | "earliest" | "latest",
  ) {
    const text = await new Response(ReadableStream.from(pieces)).text();
    if (!text.startsWith("{")) throw new RdxError("invalid", "Cannot use the savepoint: it is no savepoint");
    return await this.#pipelines.put(pipeline, JSON.parse(text), {
      start: start === "latest" ? "latest" : "earliest",
      state: "keep",
    });
  }
}
