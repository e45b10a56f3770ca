import type { Encoder, OpenEncoder, OutputFormat } from "../codec.ts";
import type { Clock } from "../core/clock.ts";
import { type ErrorCode, RdxError, reasonOf } from "../core/errors.ts";
import {
  FILES_ROLL_BYTES_DEFAULT,
  FILES_ROLL_BYTES_MAX,
  FILES_ROLL_MS_DEFAULT,
  FILES_ROLL_MS_MAX,
  FILES_ROLL_ROWS_DEFAULT,
  FILES_ROLL_ROWS_MAX,
} from "../core/limits.ts";
import type { Column } from "../core/schema.ts";
import type { Guarantee, OutputBatch, Sink, SinkFactory } from "../sink.ts";
import { encodeOutput } from "./encode_output.ts";
import { CHANGELOG, optionsSchema, readOptions } from "./options.ts";
import { GzipPart, type PartFile, PlainPart } from "./part_file.ts";
import type { OpenFolder, PartFolder } from "./part_folder.ts";
import { lastRun, openName, partName, runName } from "./part_names.ts";
import { readRun, writeRun } from "./part_run.ts";

const whole = (maximum: number, fallback: number, description: string) =>
  ({ type: "integer", minimum: 1, maximum, default: fallback, description }) as const;

const OPTIONS = optionsSchema({
  path: { type: "string", minLength: 1, description: "The folder of the parts, made if it is not there" },
  format: { enum: ["ndjson", "csv", "arrow"], description: "How rows are written" },
  compression: { enum: ["none", "gzip"], default: "none", description: "How texts are packed" },
  roll_rows: whole(FILES_ROLL_ROWS_MAX, FILES_ROLL_ROWS_DEFAULT, "Rows after which a part becomes visible"),
  roll_bytes: whole(FILES_ROLL_BYTES_MAX, FILES_ROLL_BYTES_DEFAULT, "Bytes after which it does"),
  roll_ms: whole(FILES_ROLL_MS_MAX, FILES_ROLL_MS_DEFAULT, "Time after its first row at which it does"),
  changelog: CHANGELOG,
});

/** How the rows of a sink are written, and when a part is whole. */
interface Written {
  readonly format: OutputFormat;
  readonly isPacked: boolean;
  readonly kinds: boolean;
  readonly rollRows: number;
  readonly rollBytes: number;
  readonly rollMs: number;
  readonly encoder: Encoder;
}

/** Sinks that write rows to files of a folder. */
export function filesSink(openFolder: OpenFolder, openEncoder: OpenEncoder, clock: Clock): SinkFactory {
  return {
    kind: "files",
    target: "path",
    guarantee: "exactly once",
    by: "parts become visible whole, by a rename, and their numbers with them",
    options: OPTIONS,
    create(options: Readonly<Record<string, unknown>>, columns: readonly Column[]): Sink {
      const read = readOptions("files", OPTIONS, options), format = read.text("format") as OutputFormat;
      const kinds = read.isOn("changelog"), isPacked = read.text("compression") === "gzip", path = read.text("path");
      if (isPacked && format === "arrow") {
        throw new RdxError(
          "invalid_plan",
          "Arrow is not packed as a whole: leave compression out, or write ndjson or csv",
        );
      }
      const written: Written = {
        format,
        isPacked,
        kinds,
        rollRows: read.number("roll_rows"),
        rollBytes: read.number("roll_bytes"),
        rollMs: read.number("roll_ms"),
        encoder: openEncoder(format, columns, { kinds }),
      };
      return new FilesSink(path, openFolder(path), written, clock);
    },
  };
}

/** What a run has committed when it begins. */
const NOTHING = { number: -1, part: null };

/** The part that is being written. */
interface OpenPart {
  readonly file: PartFile;
  readonly first: number;
  last: number;
  rows: number;
}

/**
 * Writes outputs to a part, aside, until that is large or old enough; then the part gets its name, with the numbers that it has, and a new one begins.
 * What is visible is never changed. A part that was not whole when the process ended is written again from its first output on. Parts may be taken away
 * by those who read them: what was committed is noted beside them, before they get their names.
 */
class FilesSink implements Sink {
  readonly guarantee: Guarantee = "exactly once";
  readonly #path: string;
  readonly #folder: PartFolder;
  readonly #written: Written;
  readonly #clock: Clock;
  #run = 0;
  #committed = -1;
  #part: OpenPart | null = null;
  #isOpen = false;
  /** One thing after the other: a part may be whole by the clock while rows come. */
  #turn: Promise<void> = Promise.resolve();
  #failure: RdxError | null = null;
  #cancelRoll = () => {};

  constructor(path: string, folder: PartFolder, written: Written, clock: Clock) {
    this.#path = path;
    this.#folder = folder;
    this.#written = written;
    this.#clock = clock;
  }

  async check(): Promise<void> {
    await this.#guard(() => this.#folder.check(), "invalid_plan");
  }

  /** Throws RdxError("invalid_plan") for a folder that cannot be used, "conflict" for one that has lost what was committed. */
  async open(place?: unknown): Promise<number> {
    const { run, number = -1 } = (place ?? {}) as { readonly run?: number; readonly number?: number };
    await this.#guard(async () => {
      if (run === undefined) this.#run = await this.#begin();
      else {
        this.#run = run;
        this.#committed = await readRun(this.#folder, run);
      }
    }, "invalid_plan");
    if (this.#committed < number) {
      const reason = `Folder ${this.#path} has lost parts that were written to it, and what was noted of them: ` +
        "put them back, or deploy afresh to another folder";
      throw new RdxError("conflict", reason, [{ path: "sink.path", reason }]);
    }
    this.#isOpen = true;
    return this.#committed;
  }

  /** Takes a number for the run that no other has. */
  async #begin(): Promise<number> {
    for (let run = lastRun(await this.#folder.list()) + 1;; run++) {
      if (!await this.#folder.claim(runName(run), JSON.stringify(NOTHING))) continue;
      // A name that is taken may still have any bytes after a power cut.
      await writeRun(this.#folder, run, NOTHING);
      return run;
    }
  }

  get place(): unknown {
    return { run: this.#run, number: this.#committed };
  }

  async write(output: OutputBatch): Promise<void> {
    if (output.rows === 0) return;
    // What cannot be written at all is no failure of the folder.
    const bytes = encodeOutput(this.#written.encoder, output, this.#written.kinds);
    await this.#inTurn(() => this.#write(output, bytes));
  }

  flush(): Promise<void> {
    return this.#inTurn(() => this.#roll());
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      await this.#inTurn(() => this.#roll());
    } finally {
      this.#isOpen = false;
      this.#cancelRoll();
      await this.#part?.file.abandon();
      this.#part = null;
    }
  }

  /** What fails once is not tried again: the outputs of the part come again in the next process. */
  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      if (this.#failure) throw this.#failure;
      try {
        await this.#guard(act, "internal");
      } catch (thrown) {
        if (thrown instanceof RdxError) this.#failure = thrown;
        throw thrown;
      }
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  async #write({ number, rows }: OutputBatch, bytes: Uint8Array): Promise<void> {
    if (!this.#isOpen) throw new RdxError("internal", `Folder ${this.#path} is not open`);
    const { rollRows, rollBytes } = this.#written, part = this.#part ??= await this.#open(number);
    await part.file.append(bytes);
    part.last = number;
    part.rows += rows;
    if (part.rows >= rollRows || part.file.bytes >= rollBytes) await this.#roll();
  }

  async #open(first: number): Promise<OpenPart> {
    const { isPacked, rollMs } = this.#written;
    const raw = await this.#folder.create(openName(this.#run, first));
    const file = isPacked ? new GzipPart(raw) : new PlainPart(raw), head = this.#written.encoder.head();
    if (head.length > 0) await file.append(head);
    // Who writes or flushes next is told of a failure.
    this.#cancelRoll = this.#clock.after(rollMs, () => this.#inTurn(() => this.#roll()).catch(() => {}));
    return { file, first, last: first, rows: 0 };
  }

  /** Makes the part visible. */
  async #roll(): Promise<void> {
    const part = this.#part;
    this.#cancelRoll();
    if (part === null) return;
    const { format, isPacked } = this.#written, { file, first, last } = part, tail = this.#written.encoder.tail();
    if (tail.length > 0) await file.append(tail);
    await file.finish();
    // A power cut may keep the note of a part and lose the part's name aside, if that was not there for good before.
    await this.#folder.sync();
    this.#part = null;
    const name = partName(this.#run, first, last, `${format}${isPacked ? ".gz" : ""}`);
    await writeRun(this.#folder, this.#run, { number: last, part: name });
    await this.#folder.rename(openName(this.#run, first), name);
    await this.#folder.sync();
    this.#committed = last;
  }

  /** Names the folder in what the platform throws. */
  async #guard<Result>(act: () => Promise<Result>, meaning: ErrorCode): Promise<Result> {
    try {
      return await act();
    } catch (thrown) {
      if (thrown instanceof RdxError) throw thrown;
      const reason = reasonOf(thrown), code = /ENOSPC|EDQUOT|[Nn]o space/.test(reason) ? "no_space" : meaning;
      const message = `Cannot write to folder ${this.#path}: ${reason}`;
      throw new RdxError(code, message, [{ path: "sink.path", reason: message }]);
    }
  }
}
