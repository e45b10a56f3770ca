import { RdxError, reasonOf } from "../core/errors.ts";
import type { CheckpointFacts, CheckpointWriter, SavedStep } from "../store.ts";
import type { CheckpointFolder } from "./checkpoint_folder.ts";
import { explained, type FileParts } from "./file_parts.ts";
import type { Part, StoredFile } from "./manifest.ts";
import { PartWriter } from "./part_writer.ts";
import type { Turns } from "../core/turns.ts";

export function conflict(folder: string, why: string): RdxError {
  return new RdxError("conflict", `Cannot change the checkpoints of ${folder}: ${why}`);
}

/** Throws RdxError("conflict") when the checkpoint that another is to lie on is not the newest. */
export function requireNewest(folder: string, below: number | null, newest: { readonly number: number } | null): void {
  if (below === null || newest?.number === below) return;
  throw conflict(folder, newest ? `that after number ${newest.number} is the newest, not ${below}` : gone(below));
}

function gone(number: number): string {
  return `that after number ${number} is gone`;
}

/** It is there · it is there, and what it lies on is left as it is · it is not there. */
export type HowOver = "committed" | "left" | "abandoned";

/** The folder of a part until it has a number; of one that did not come to its end, it goes before the next one begins. */
const UNNUMBERED = "next";

/** Numbers of checkpoints at which one is written; null: there is none. */
interface Place {
  /** The newest. */
  readonly above: number | null;
  /** That which it lies on. */
  readonly below: number | null;
}

/** Writes one checkpoint on top of the newest, or of nothing. */
export class FileWriter implements CheckpointWriter {
  readonly #parts: FileParts;
  readonly #files: CheckpointFolder;
  readonly #turns: Turns;
  readonly #place: Place;
  readonly #part: PartWriter;
  readonly #over: (how: HowOver) => void;
  #left = false;

  /** `over` is called once when it is written, or is not to be written any more. */
  constructor(
    parts: FileParts,
    files: CheckpointFolder,
    turns: Turns,
    place: Place,
    over: (how: HowOver) => void,
  ) {
    this.#parts = parts;
    this.#files = files;
    this.#turns = turns;
    this.#place = place;
    this.#over = over;
    files.busy.add(UNNUMBERED);
    this.#part = new PartWriter(parts, files.path, UNNUMBERED);
  }

  add(step: SavedStep): Promise<void> {
    return this.#part.add(step);
  }

  spent(): ArrayBuffer[] {
    return this.#part.spent();
  }

  async commit(facts: CheckpointFacts, bases?: "come"): Promise<void> {
    const files = this.#files, turns = this.#turns, { above, below: lower } = this.#place, { number } = facts;
    try {
      if (above !== null && above >= number) throw conflict(files.path, `there is one after number ${above} already`);
      const written = await this.#part.finish(facts.tables);
      await turns.take(async () => {
        const below = lower === null ? null : await files.find(lower);
        if (lower !== null && !below) throw conflict(files.path, gone(lower));
        if (below && "damage" in below) throw below.damage;
        await this.#publish(facts, below?.manifest.parts ?? [], written);
      });
    } catch (thrown) {
      await this.abandon();
      throw explained(`${files.path}/${number}`, thrown);
    }
    this.#leave(bases === "come" ? "left" : "committed");
    await turns.take(() => files.prune()).catch((thrown) =>
      this.#parts.said(
        `Old checkpoints in ${files.path} could not be removed, which is tried again: ${reasonOf(thrown)}`,
      )
    );
  }

  async #publish(facts: CheckpointFacts, below: readonly Part[], written: readonly StoredFile[]): Promise<void> {
    const files = this.#files, { number } = facts;
    try {
      const own = { number, unique: false, files: await files.place(written, number) };
      await files.publish({ facts, parts: [...below, own] });
    } catch (thrown) {
      // It may have its name already, and whoever waits is told that it is not there.
      await files.unpublish(number).catch(() => {});
      await this.#remove(String(number));
      throw thrown;
    }
    await this.#remove(UNNUMBERED);
  }

  /** What cannot be removed now is swept when the next one begins. */
  async #remove(name: string): Promise<void> {
    await this.#parts.device.removeFolder(`${this.#files.path}/${name}`).catch(() => {});
  }

  async abandon(): Promise<void> {
    if (this.#left) return;
    await this.#part.stop();
    await this.#turns.take(() => this.#remove(UNNUMBERED));
    this.#leave("abandoned");
  }

  #leave(how: HowOver): void {
    if (this.#left) return;
    this.#left = true;
    this.#files.busy.delete(UNNUMBERED);
    this.#over(how);
  }
}
