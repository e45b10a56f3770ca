import { writeAll } from "./byte_reader.ts";
import { frameHeadBytes, writeFrame } from "./frames.ts";

interface Frame {
  readonly opcode: number;
  readonly bytes: Uint8Array;
}

/** What a WebSocket says: frames of one turn of the event loop, and those that come while others are written, leave together. */
export class Outgoing {
  readonly #target: { write(bytes: Uint8Array): Promise<number> };
  readonly #broken: () => void;
  #frames: Frame[] = [];
  #buffered = 0;
  #running: Promise<void> | null = null;

  /** `broken` is called when nothing can be written any more. */
  constructor(target: { write(bytes: Uint8Array): Promise<number> }, broken: () => void) {
    this.#target = target;
    this.#broken = broken;
  }

  /** Bytes that were sent and not yet taken by the network. */
  get buffered(): number {
    return this.#buffered;
  }

  send(opcode: number, bytes: Uint8Array): void {
    this.#frames.push({ opcode, bytes });
    this.#buffered += frameHeadBytes(bytes.length) + bytes.length;
    this.#running ??= this.#run().catch(this.#broken);
  }

  /** Resolves when all of it is written, or nothing can be any more. */
  async flush(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    while (this.#frames.length > 0) {
      const whole = together(this.#frames.splice(0));
      await writeAll(this.#target, whole);
      this.#buffered -= whole.length;
    }
    this.#running = null;
  }
}

function together(frames: readonly Frame[]): Uint8Array {
  const length = frames.reduce((sum, { bytes }) => sum + frameHeadBytes(bytes.length) + bytes.length, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const { opcode, bytes } of frames) at = writeFrame(whole, at, opcode, bytes);
  return whole;
}
