import type { Encoder, OpenEncoder, OutputFormat } from "../codec.ts";
import { type ErrorCode, RdxError, reasonOf } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { Guarantee, OutputBatch, Sink, SinkFactory } from "../sink.ts";
import { encodeOutput } from "./encode_output.ts";
import { CHANGELOG, optionsSchema, readOptions } from "./options.ts";

/** A file that is written at its end. */
export interface AppendFile {
  readonly size: number;
  /** Reads into all of `into`, or as far as the file goes; returns how many bytes that were. */
  read(into: Uint8Array, at: number): Promise<number>;
  /** Writes all of `bytes` at the end, or throws. */
  append(bytes: Uint8Array): Promise<void>;
  /** Cuts the file. */
  truncate(size: number): Promise<void>;
  /** Resolves when what was written is on the device. */
  sync(): Promise<void>;
  close(): void;
}

/** Files that are written at their ends. */
export interface AppendFiles {
  /** The size of one, 0 where it could be made; makes nothing. Throws what would keep `open` from it. */
  sizeOf(path: string): Promise<number>;
  /** Opens one, made if it is not there. */
  open(path: string): Promise<AppendFile>;
}

const OPTIONS = optionsSchema({
  path: { type: "string", minLength: 1, description: "The file, made if it is not there; rows are appended" },
  format: { enum: ["ndjson", "csv", "arrow"], description: "How rows are written" },
  changelog: CHANGELOG,
});
const NEWLINE = 0x0a;

/** Sinks that append rows to files. */
export function fileSink(files: AppendFiles, openEncoder: OpenEncoder): SinkFactory {
  return {
    kind: "file",
    target: "path",
    guarantee: "exactly once",
    by: "what comes again is compared with what is there, byte by byte, and written once",
    options: OPTIONS,
    create(options: Readonly<Record<string, unknown>>, columns: readonly Column[]): Sink {
      const read = readOptions("file", OPTIONS, options), format = read.text("format") as OutputFormat;
      const kinds = read.isOn("changelog"), encoder = openEncoder(format, columns, { kinds });
      return new FileSink(read.text("path"), { format, kinds, encoder }, files);
    },
  };
}

/** How rows are written. */
interface Written {
  readonly format: OutputFormat;
  /** With what they do to those before them. */
  readonly kinds: boolean;
  readonly encoder: Encoder;
}

/**
 * Appends each output whole: where a write fails, what it left is cut off again. A write is in the hands of the operating
 * system when its promise resolves, and on the device after `close`. When its pipeline does again what it did in an earlier process, what is there already is
 * compared and left alone; from the first difference on, such as a part of an output, the file is written anew.
 */
class FileSink implements Sink {
  readonly guarantee: Guarantee = "exactly once";
  readonly #path: string;
  readonly #written: Written;
  readonly #files: AppendFiles;
  #file: AppendFile | null = null;
  /** Where the file ended before anything was written. */
  #start = 0;
  /** Behind what was written, or is there already from an earlier process. */
  #position = 0;
  #again = false;

  constructor(path: string, written: Written, files: AppendFiles) {
    this.#path = path;
    this.#written = written;
    this.#files = files;
  }

  async check(): Promise<void> {
    const size = await this.#guard(() => this.#files.sizeOf(this.#path), "invalid_plan");
    if (size > 0 && this.#written.format === "arrow") throw this.#isEnded();
  }

  /**
   * Throws RdxError("invalid_plan") for a file that cannot be made or opened, and "conflict" for an Arrow file that has rows already: its
   * stream cannot be continued.
   */
  async open(place?: unknown): Promise<number> {
    const file = await this.#guard(() => this.#files.open(this.#path), "invalid_plan"), before = placeOf(place);
    this.#file = file;
    this.#again = before !== null;
    this.#position = this.#start = before?.start ?? file.size;
    if (before === null && file.size > 0) await this.#continue(file);
    else if (this.#start === 0) await this.#append(file, this.#written.encoder.head());
    if (before === null) return -1;
    if (before.size > Math.max(file.size, this.#position)) {
      const reason = `File ${this.#path} has lost rows that were written to it: deploy afresh to another file`;
      throw new RdxError("conflict", reason, [{ path: "sink.path", reason }]);
    }
    this.#position = Math.max(before.size, this.#position);
    return -1;
  }

  /** Makes ready to write behind what others have written. */
  async #continue(file: AppendFile): Promise<void> {
    if (this.#written.format === "arrow") {
      this.#file = null;
      file.close();
      throw this.#isEnded();
    }
    // Whoever wrote the last line did not end it: it stays, by itself.
    if (await this.#guard(() => byteAt(file, file.size - 1)) !== NEWLINE) {
      await this.#append(file, Uint8Array.of(NEWLINE));
    }
  }

  #isEnded(): RdxError {
    return new RdxError(
      "conflict",
      `File ${this.#path} is not empty, and an Arrow stream ends only once: name another`,
    );
  }

  get place(): unknown {
    return { start: this.#start, size: this.#position };
  }

  async flush(): Promise<void> {
    const file = this.#file;
    if (file) await this.#guard(() => file.sync());
  }

  async write(output: OutputBatch): Promise<void> {
    if (!this.#file) throw new RdxError("internal", `File ${this.#path} is not open`);
    const { encoder, kinds } = this.#written;
    await this.#append(this.#file, encodeOutput(encoder, output, kinds));
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.#file = null;
    try {
      await this.#append(file, this.#written.encoder.tail());
      await this.#guard(() => file.sync());
    } finally {
      file.close();
    }
  }

  async #append(file: AppendFile, bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0 || (this.#again && await this.#has(file, bytes))) return;
    const { size } = file;
    try {
      await this.#guard(() => file.append(bytes));
      this.#position = file.size;
    } catch (thrown) {
      const kept = await file.truncate(size).then(
        () => "",
        (cause) => `; a part of it may be left: ${reasonOf(cause)}`,
      );
      if (kept === "" || !(thrown instanceof RdxError)) throw thrown;
      throw new RdxError(thrown.code, `${thrown.message}${kept}`, thrown.details);
    }
  }

  /** Whether the bytes are there already; where they are not, the file ends now. */
  async #has(file: AppendFile, bytes: Uint8Array): Promise<boolean> {
    const there = new Uint8Array(bytes.length), read = await this.#guard(() => file.read(there, this.#position));
    if (read === bytes.length && bytes.every((byte, i) => byte === there[i])) {
      this.#position += bytes.length;
      return true;
    }
    this.#again = false;
    await this.#guard(() => file.truncate(this.#position));
    return false;
  }

  /** Names the file in what the platform throws. */
  async #guard<Result>(act: () => Promise<Result>, meaning: ErrorCode = "internal"): Promise<Result> {
    try {
      return await act();
    } catch (thrown) {
      if (thrown instanceof RdxError) throw thrown;
      const reason = reasonOf(thrown), code = /ENOSPC|EDQUOT|[Nn]o space/.test(reason) ? "no_space" : meaning;
      const message = `Cannot write file ${this.#path}: ${reason}`;
      throw new RdxError(code, message, [{ path: "sink.path", reason: message }]);
    }
  }
}

interface Place {
  /** Where the file ended before anything was written. */
  readonly start: number;
  readonly size: number;
}

/** What `place` gave in an earlier process. */
function placeOf(place: unknown): Place | null {
  const { start, size } = (place ?? {}) as Partial<Place>;
  return typeof start === "number" && typeof size === "number" ? { start, size } : null;
}

async function byteAt(file: AppendFile, at: number): Promise<number> {
  const byte = new Uint8Array(1);
  return await file.read(byte, at) === 1 ? byte[0] : -1;
}
