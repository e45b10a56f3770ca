import type { Device, DeviceFile } from "../../src/core/device.ts";

/** A device on which everything stands still behind some operations, as when the process is killed there. */
export class StoppingDevice implements Device {
  readonly #inner: Device;
  #left: number;
  readonly #stopped = Promise.withResolvers<"stopped">();
  /** Called before each operation that is let through. */
  onOperation: () => void = () => {};

  constructor(inner: Device, operations: number) {
    this.#inner = inner;
    this.#left = operations;
  }

  /** Resolves when it stands still. */
  get stopped(): Promise<"stopped"> {
    return this.#stopped.promise;
  }

  #through<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#left-- > 0) {
      this.onOperation();
      return run();
    }
    this.#stopped.resolve("stopped");
    return new Promise(() => {});
  }

  list(folder: string) {
    return this.#through(() => this.#inner.list(folder));
  }

  folders(folder: string) {
    return this.#through(() => this.#inner.folders(folder));
  }

  makeFolder(folder: string) {
    return this.#through(() => this.#inner.makeFolder(folder));
  }

  removeFolder(folder: string) {
    return this.#through(() => this.#inner.removeFolder(folder));
  }

  async open(path: string, how: "read" | "write" | "create"): Promise<DeviceFile> {
    const file = await this.#through(() => this.#inner.open(path, how));
    return {
      get bytes() {
        return file.bytes;
      },
      read: (into, at) => this.#through(() => file.read(into, at)),
      write: (bytes, at, beside) => this.#through(() => file.write(bytes, at, beside)),
      sync: () => this.#through(() => file.sync()),
      close: () => file.close(),
    };
  }

  turn() {
    return this.#through(() => this.#inner.turn());
  }

  rename(from: string, to: string) {
    return this.#through(() => this.#inner.rename(from, to));
  }

  remove(path: string) {
    return this.#through(() => this.#inner.remove(path));
  }

  syncFolder(folder: string) {
    return this.#through(() => this.#inner.syncFolder(folder));
  }
}
