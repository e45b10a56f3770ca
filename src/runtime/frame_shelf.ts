import { SHARED_FRAMES_BYTES_MAX } from "../core/limits.ts";
import type { ChunkMessage, ToTask } from "./protocol.ts";

/** A frame that stays in the worker; null: it is there already. */
interface ShelvedFrame {
  readonly id: number;
  readonly frame: ArrayBuffer | null;
  readonly arrivalMs: number;
}

/** A chunk of a stream that several pipelines read. */
interface ShelvedChunk {
  readonly kind: "shelved";
  readonly chunk: Omit<ChunkMessage, "frames">;
  readonly frames: readonly ShelvedFrame[];
  /** Frames that the worker lets go behind it. */
  readonly drop: readonly number[];
}

interface DroppedFrames {
  readonly kind: "drop";
  readonly drop: readonly number[];
}

/** What tasks are sent, as it travels. */
export type TaskWire = ToTask | ShelvedChunk | DroppedFrames;

/** Which frames a worker has, on the side that sends them: the newest of those that several pipelines read, up to a bound of bytes. */
export class FrameShelf {
  /** By age. */
  readonly #ids = new Map<ArrayBuffer, number>();
  #bytes = 0;
  #last = 0;

  has(frame: ArrayBuffer): boolean {
    return this.#ids.has(frame);
  }

  /** The message without the frames that the worker has. */
  pack(message: ToTask): TaskWire {
    if (message.kind !== "chunk" || !message.shared) return message;
    const { frames, ...chunk } = message;
    const shelved = frames.map(({ frame, arrivalMs }): ShelvedFrame => {
      const known = this.#ids.get(frame);
      if (known !== undefined) return { id: known, frame: null, arrivalMs };
      const id = ++this.#last;
      this.#ids.set(frame, id);
      this.#bytes += frame.byteLength;
      return { id, frame, arrivalMs };
    });
    return { kind: "shelved", chunk, frames: shelved, drop: this.#dropTo(SHARED_FRAMES_BYTES_MAX) };
  }

  /** Lets all frames go; null: there are none. */
  clear(): TaskWire | null {
    const drop = this.#dropTo(0);
    return drop.length === 0 ? null : { kind: "drop", drop };
  }

  #dropTo(bytesMax: number): number[] {
    const drop: number[] = [];
    for (const [frame, id] of this.#ids) {
      if (this.#bytes <= bytesMax) break;
      this.#ids.delete(frame);
      this.#bytes -= frame.byteLength;
      drop.push(id);
    }
    return drop;
  }
}

/** The frames that a worker has, in the worker. */
export class ShelvedFrames {
  readonly #frames = new Map<number, ArrayBuffer>();
  readonly #told: { add(frame: ArrayBuffer): void; drop(frame: ArrayBuffer): void };

  /** `told` hears which frames come and go. */
  constructor(told: { add(frame: ArrayBuffer): void; drop(frame: ArrayBuffer): void }) {
    this.#told = told;
  }

  /** What was sent, in its order. Throws for a frame that never came. */
  unpack(wires: readonly TaskWire[]): ToTask[] {
    return wires.flatMap((wire) => {
      if (wire.kind !== "shelved" && wire.kind !== "drop") return wire;
      const messages = wire.kind === "drop"
        ? []
        : [{ ...wire.chunk, frames: wire.frames.map((one) => this.#take(one)) }];
      for (const id of wire.drop) this.#drop(id);
      return messages;
    });
  }

  #take({ id, frame, arrivalMs }: ShelvedFrame): { frame: ArrayBuffer; arrivalMs: number } {
    if (frame) {
      this.#frames.set(id, frame);
      this.#told.add(frame);
    }
    const found = this.#frames.get(id);
    if (!found) throw new Error(`Frame ${id} is not here`);
    return { frame: found, arrivalMs };
  }

  #drop(id: number): void {
    const frame = this.#frames.get(id);
    this.#frames.delete(id);
    if (frame) this.#told.drop(frame);
  }
}
