import type { StateRoom } from "../../src/core/cold_file.ts";
import { extensionsOf } from "../../src/kernel/extension.ts";
import type { TaskPool } from "../../src/runtime/pool.ts";
import { sought } from "../../src/runtime/state/sought.ts";
import type { SavedStep, SavedTable } from "../../src/store.ts";
import type {
  AheadTurn,
  FromTask,
  LookAnswer,
  LookQuestion,
  StateFacts,
  TaskCut,
  TaskOutput,
  TaskPlan,
  TaskRestored,
  TaskTurn,
  ToTask,
} from "../../src/runtime/protocol.ts";
import { type PackedReports, unpackReports } from "../../src/runtime/report_wire.ts";
import { type HostParts, TaskHost } from "../../src/runtime/task/host.ts";
import { extensionModule } from "../kernel/load.ts";

/** A whole number from 0 to below `bound`. */
export type Random = (bound: number) => number;

/** Numbers that are equal for equal seeds (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** One way of a channel: messages wait in order until the pool delivers them. Buffers change hands as between threads. */
class SimPort {
  peer: SimPort | null = null;
  readonly waiting: unknown[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;

  postMessage(message: unknown, transfer: Transferable[] = []): void {
    this.peer!.waiting.push(structuredClone(message, { transfer }));
  }
}

function channel(): [SimPort, SimPort] {
  const ports: [SimPort, SimPort] = [new SimPort(), new SimPort()];
  ports[0].peer = ports[1];
  ports[1].peer = ports[0];
  return ports;
}

/** Tasks in this thread. Messages are delivered one at a time, from a channel that `random` picks: each keeps its order, and nothing else. */
export class SimPool implements TaskPool {
  readonly tasks: number;
  readonly broken = null;
  readonly hosts: readonly TaskHost[];
  /** Where answers of tasks go. */
  receive: (message: FromTask) => void = () => {};
  /** May change a message before it reaches a task. */
  tamper: (message: ToTask) => ToTask = (message) => message;
  readonly #data: SimPort[] = [];
  readonly #ports: SimPort[] = [];
  readonly #random: Random;

  constructor(tasks: number, module: WebAssembly.Module, parts: HostParts, random: Random, state?: StateRoom) {
    this.tasks = tasks;
    this.#random = random;
    this.hosts = Array.from({ length: tasks }, () => {
      const [port1, port2] = this.#channel();
      return new TaskHost(parts, { port1: asPort(port1), port2: asPort(port2) });
    });
    this.hosts.forEach((host, index) => {
      const [main, worker] = this.#channel();
      main.onmessage = ({ data }) => {
        for (const report of unpackReports(data as PackedReports)) this.receive(report);
      };
      this.#data.push(main);
      host.init({ index, tasks, module, ...(state ? { state } : {}) }, asPort(worker));
      for (let peer = 0; peer < index; peer++) {
        const [here, there] = this.#channel();
        host.connect(peer, asPort(here));
        this.hosts[peer].connect(index, asPort(there));
      }
    });
  }

  #channel(): [SimPort, SimPort] {
    const ports = channel();
    this.#ports.push(...ports);
    return ports;
  }

  send(task: number, message: ToTask): void {
    this.#data[task].postMessage([this.tamper(message)]);
  }

  deploy(pipeline: number, plan: TaskPlan): Promise<void> {
    const extensions = Object.fromEntries(extensionsOf(plan.plan).map((name) => [name, extensionModule(name)]));
    for (const host of this.hosts) host.deploy(pipeline, structuredClone(plan), extensions);
    return Promise.resolve();
  }

  remove(pipeline: number): Promise<void> {
    for (const host of this.hosts) host.remove(pipeline);
    return Promise.resolve();
  }

  open(pipeline: number, sink: number): Promise<TaskOutput[][]> {
    return Promise.resolve(this.hosts.map((host) => host.open(pipeline, sink)));
  }

  flow(pipeline: number): Promise<Float64Array<ArrayBuffer>[]> {
    return Promise.resolve(this.hosts.map((host) => host.flow(pipeline)));
  }

  stateFacts(pipeline: number): Promise<(StateFacts | null)[]> {
    return Promise.resolve(this.hosts.map((host) => structuredClone(host.stateFacts(pipeline))));
  }

  async ahead(task: number, pipeline: number, whole: boolean, spare: ArrayBuffer[]): Promise<void> {
    await null;
    this.hosts[task].ahead(pipeline, whole, structuredClone(spare, { transfer: spare }));
  }

  async drainAhead(task: number, pipeline: number, spare: ArrayBuffer[]): Promise<AheadTurn> {
    return structuredClone(
      await this.hosts[task].drainAhead(pipeline, structuredClone(spare, { transfer: spare })),
    );
  }

  look(pipeline: number, question: LookQuestion): Promise<(LookAnswer | null)[]> {
    const asked = this.hosts.map((host) =>
      sought((begins) => structuredClone(host.look(pipeline, structuredClone(question), begins)))
    );
    return Promise.all(asked);
  }

  async cut(task: number, pipeline: number, number: number): Promise<TaskCut> {
    return structuredClone(await this.hosts[task].cut(pipeline, number));
  }

  async drain(task: number, pipeline: number, number: number): Promise<TaskTurn> {
    return structuredClone(await this.hosts[task].drain(pipeline, number));
  }

  async leave(task: number, pipeline: number, number: number): Promise<void> {
    await null;
    this.hosts[task].leave(pipeline, number);
  }

  async handOut(task: number, pipeline: number): Promise<TaskCut> {
    await null;
    return structuredClone(this.hosts[task].handOut(pipeline));
  }

  async handOutNext(task: number, pipeline: number): Promise<SavedStep[]> {
    await null;
    return structuredClone(this.hosts[task].handOutNext(pipeline));
  }

  async restoring(task: number, pipeline: number, tables: readonly SavedTable[]): Promise<string | null> {
    await null;
    return this.hosts[task].restoring(pipeline, structuredClone(tables));
  }

  async restore(task: number, pipeline: number, steps: SavedStep[]): Promise<string | null> {
    await null;
    return this.hosts[task].restore(pipeline, structuredClone(steps));
  }

  async restored(task: number, pipeline: number): Promise<TaskRestored> {
    await null;
    return structuredClone(this.hosts[task].restored(pipeline));
  }

  /** Delivers one message; false when none waits. */
  step(): boolean {
    const ports = this.#ports.filter(({ waiting }) => waiting.length > 0);
    if (ports.length === 0) return false;
    const port = ports[this.#random(ports.length)];
    port.onmessage!({ data: port.waiting.shift() });
    return true;
  }

  /** Delivers until nothing happens any more, with promises coming in between. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 1000; quiet++) {
      while (this.step()) {
        quiet = 0;
        if (this.#random(3) === 0) await null;
      }
      await null;
    }
  }
}

function asPort(port: SimPort): MessagePort {
  return port as unknown as MessagePort;
}
