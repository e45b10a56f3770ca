import { RdxError, reasonOf } from "../core/errors.ts";
import type { CheckpointFacts, CheckpointWriter, SavedStep } from "../store.ts";
import type { CheckpointFolder } from "./checkpoint_folder.ts";
import { explained, type FileParts } from "./file_parts.ts";
import type { Manifest } from "./manifest.ts";
import { PartWriter } from "./part_writer.ts";
import type { Turns } from "./turns.ts";

export function conflict(folder: string, why: string): RdxError {
  return new RdxError("conflict", `Cannot change the checkpoints of ${folder}: ${why}`);
}

/** It is there · it is there, and what it lies on is left as it is · it is not there. */
export type HowOver = "committed" | "left" | "abandoned";

/** Writes one checkpoint on top of the newest, or of nothing. */
export class FileWriter implements CheckpointWriter {
  readonly #parts: FileParts;
  readonly #files: CheckpointFolder;
  readonly #turns: Turns;
  readonly #number: number;
  /** The number of the checkpoint that it lies on, or null. */
  readonly #below: number | null;
  readonly #part: PartWriter;
  readonly #over: (how: HowOver) => void;
  #left = false;

  /** `over` is called once when it is written, or is not to be written any more. */
  constructor(
    parts: FileParts,
    files: CheckpointFolder,
    turns: Turns,
    number: number,
    below: number | null,
    over: (how: HowOver) => void,
  ) {
    this.#parts = parts;
    this.#files = files;
    this.#turns = turns;
    this.#number = number;
    this.#below = below;
    this.#over = over;
    files.busy.add(String(number));
    this.#part = new PartWriter(parts, files.path, String(number));
  }

  add(step: SavedStep): Promise<void> {
    return this.#part.add(step);
  }

  spent(): ArrayBuffer[] {
    return this.#part.spent();
  }

  async commit(facts: CheckpointFacts, bases?: "come"): Promise<void> {
    const files = this.#files, turns = this.#turns;
    try {
      if (facts.number !== this.#number) throw conflict(files.path, `${facts.number} is not the number that was begun`);
      const own = { number: this.#number, unique: false, files: await this.#part.finish(facts.tables) };
      await turns.take(async () => {
        const below = this.#below === null ? null : await files.find(this.#below);
        if (this.#below !== null && !below) throw conflict(files.path, `that after number ${this.#below} is gone`);
        if (below && "damage" in below) throw below.damage;
        await this.#publish({ facts, parts: [...below?.manifest.parts ?? [], own] });
      });
    } catch (thrown) {
      await this.abandon();
      throw explained(`${files.path}/${this.#number}`, thrown);
    }
    this.#leave(bases === "come" ? "left" : "committed");
    await turns.take(() => files.prune()).catch((thrown) =>
      this.#parts.said(
        `Old checkpoints in ${files.path} could not be removed, which is tried again: ${reasonOf(thrown)}`,
      )
    );
  }

  async #publish(manifest: Manifest): Promise<void> {
    const files = this.#files;
    try {
      await files.publish(manifest);
    } catch (thrown) {
      // It may have its name already, and whoever waits is told that it is not there.
      await files.unpublish(this.#number).catch(() => {});
      throw thrown;
    }
  }

  async abandon(): Promise<void> {
    if (this.#left) return;
    const path = `${this.#files.path}/${this.#number}`;
    await this.#part.stop();
    // What cannot be removed now is swept when the next one begins.
    await this.#turns.take(() => this.#parts.device.removeFolder(path)).catch(() => {});
    this.#leave("abandoned");
  }

  #leave(how: HowOver): void {
    if (this.#left) return;
    this.#left = true;
    this.#files.busy.delete(String(this.#number));
    this.#over(how);
  }
}
