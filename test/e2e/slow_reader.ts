/** Reads a server's standard output as slowly as it is told, and keeps the lines that are rows. */
export class SlowReader {
  /** Bytes a second; Infinity: as they come. */
  bytesPerSecond: number;
  /** Called with each line. */
  readonly #take: (line: string) => void;
  #wake = () => {};
  readonly finished: Promise<void>;

  constructor(output: ReadableStream<Uint8Array<ArrayBuffer>>, bytesPerSecond: number, take: (line: string) => void) {
    this.bytesPerSecond = bytesPerSecond;
    this.#take = take;
    this.finished = this.#read(output);
  }

  /** From now on everything is read as it comes. */
  hurry(): void {
    this.bytesPerSecond = Infinity;
    this.#wake();
  }

  async #read(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const piece of output) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#take(line);
      if (this.bytesPerSecond !== Infinity) await this.#pause(piece.length * 1000 / this.bytesPerSecond);
    }
    if (rest !== "") this.#take(rest);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
