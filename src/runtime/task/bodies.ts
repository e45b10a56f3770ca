import { RdxError, reasonOf } from "../../core/errors.ts";
import { Crc32c } from "../../kernel/crc.ts";
import { Kernel } from "../../kernel/module.ts";
import type { DecodeJob, DecodeResult } from "../protocol.ts";
import { decodeArrowBody } from "./arrow_body.ts";
import { BodyDecoder, type BodyParts } from "./decode_job.ts";
import { type Pack, packFrames } from "./packed_frames.ts";

/** Decodes bodies in one thread, with a kernel of their own, which is made for the first. */
export class Bodies {
  readonly #module: WebAssembly.Module;
  readonly #parts: BodyParts;
  readonly #pack: Pack | null;
  #kernel: Kernel | null = null;
  #decoder: BodyDecoder | null = null;
  #sums: Crc32c | null = null;

  /** `pack`: packs what goes to logs that want it so; null where nothing can. */
  constructor(module: WebAssembly.Module, parts: BodyParts, pack: Pack | null) {
    this.#module = module;
    this.#parts = parts;
    this.#pack = pack;
  }

  /** Decodes one body into frames for the log. What goes wrong is told in the result. */
  decode(job: DecodeJob): DecodeResult {
    try {
      const kernel = this.#kernel ??= new Kernel(this.#module);
      this.#decoder ??= new BodyDecoder(kernel, this.#parts);
      const result = job.format === "arrow" ? decodeArrowBody(kernel, job) : this.#decoder.decode(job);
      return job.pack ? this.#packed(kernel, result) : result;
    } catch (thrown) {
      // Whatever broke may have left the memory in an unknown state: the next body gets a new kernel.
      this.#kernel = null;
      this.#decoder = null;
      this.#sums = null;
      const code = thrown instanceof RdxError ? thrown.code : "internal";
      return { kind: "refused", code, reason: reasonOf(thrown) };
    }
  }

  /** The same with its frames packed too, where nothing goes into their record beside them. */
  #packed(kernel: Kernel, result: DecodeResult): DecodeResult {
    if (!this.#pack || result.kind !== "decoded" || result.frames.length === 0 || result.dead.length > 0) return result;
    this.#sums ??= new Crc32c(kernel);
    return { ...result, packed: packFrames(result.frames, this.#pack, this.#sums) };
  }
}
