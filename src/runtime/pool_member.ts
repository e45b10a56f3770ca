import { type Remote, wrap } from "comlink";
import { RdxError } from "../core/errors.ts";
import { BodyPort } from "./body_port.ts";
import { FrameShelf, type TaskWire } from "./frame_shelf.ts";
import type { FromTask, TaskHostApi, ToTask } from "./protocol.ts";
import { type PackedReports, unpackReports } from "./report_wire.ts";
import { TurnPort } from "./turn_port.ts";

/** A worker died before it did what it was asked for. The next one can do it: whoever sends it again loses nothing. */
export class WorkerDied extends RdxError {
  constructor(reason: string) {
    super("closing", reason);
  }
}

/** One worker of a pool, until it dies: another one takes its place then. */
export class PoolMember {
  readonly index: number;
  readonly bodies: BodyPort;
  readonly #worker: Worker;
  readonly #host: Remote<TaskHostApi>;
  /** Carries chunks and marks one way, results the other. */
  readonly #data: MessagePort;
  readonly #outbox: TurnPort<TaskWire>;
  readonly #shelf = new FrameShelf();
  /** Ends what it was asked and has not answered. */
  readonly #asked = new Set<(reason: RdxError) => void>();
  #gone: RdxError | null = null;

  /** `died` is called when it answers no more: once, and never of one that has left. */
  constructor(
    index: number,
    worker: Worker,
    { data, bodies }: { data: MessagePort; bodies: MessagePort },
    { heard, died }: { heard: (message: FromTask) => void; died: (member: PoolMember, reason: string) => void },
  ) {
    this.index = index;
    this.#worker = worker;
    this.#host = wrap<TaskHostApi>(worker);
    this.#data = data;
    this.#outbox = new TurnPort<TaskWire>(data);
    const dies = (reason: string) => {
      if (this.#gone === null) died(this, reason);
    };
    this.bodies = new BodyPort(bodies, () => dies(`An answer of worker ${index} cannot be read`));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      dies(`Worker ${index} died: ${event.message || "it did not say why"}`);
    });
    data.onmessage = ({ data: reports }: MessageEvent<PackedReports>) => {
      for (const report of unpackReports(reports)) heard(report);
    };
    data.onmessageerror = () => dies(`A message of worker ${index} cannot be read`);
  }

  /** Why it answers no more, or null while it does. */
  get gone(): RdxError | null {
    return this.#gone;
  }

  /** What comes after it has gone reaches nobody. */
  send(message: ToTask): void {
    if (this.#gone === null) this.#outbox.send(this.#shelf.pack(message));
  }

  /** Whether it keeps a frame that several pipelines read. */
  holds(frame: ArrayBuffer): boolean {
    return this.#gone === null && this.#shelf.has(frame);
  }

  /** It keeps no frames any more: whoever reads them gets them again. */
  letGo(): void {
    const dropped = this.#shelf.clear();
    if (dropped && this.#gone === null) this.#outbox.send(dropped);
  }

  /** Asks it; fails when it dies before it answers. */
  ask<T>(question: (host: Remote<TaskHostApi>) => Promise<T>): Promise<T> {
    if (this.#gone) return Promise.reject(this.#gone);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#asked.add(reject);
    question(this.#host).then(resolve, reject).finally(() => this.#asked.delete(reject));
    return promise;
  }

  /** Ends it: nobody waits for its answers any more. */
  leave(reason: RdxError): void {
    if (this.#gone) return;
    this.#gone = reason;
    for (const reject of this.#asked) reject(reason);
    this.#asked.clear();
    this.bodies.leave(reason);
    this.#data.close();
    this.#worker.terminate();
  }
}
