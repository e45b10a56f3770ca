/** Processor time of this process and of another, as Linux counts it: what tells whether a client or its server is the bound of what is timed between them. */

/** Seconds of processors: of the thread that a process begins with, and of all its others. */
export interface ProcessorTime {
  readonly main: number;
  readonly others: number;
}

/** Null where the system does not tell. */
export function processorTime(pid: number): ProcessorTime | null {
  let main = 0, others = 0;
  try {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      const seconds = secondsOf(`/proc/${pid}/task/${name}/schedstat`);
      if (name === String(pid)) main += seconds;
      else others += seconds;
    }
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return null;
    throw thrown;
  }
  return { main, others };
}

/** Of a thread that has ended meanwhile: 0. */
function secondsOf(path: string): number {
  try {
    return Number(Deno.readTextFileSync(path).split(" ")[0]) / 1e9;
  } catch {
    return 0;
  }
}

/** Adds up what clients, which run in this process, and their server take of processors while something runs. */
export class ProcessorShares {
  readonly #server: number;
  #seconds = 0;
  #client = 0;
  #main = 0;
  #others = 0;

  /** `server`: its process. */
  constructor(server: number) {
    this.#server = server;
  }

  /** Runs `work`, which takes the seconds that it answers. */
  async during<T extends { readonly seconds: number | null }>(work: () => Promise<T>): Promise<T> {
    const client = processorTime(Deno.pid), server = processorTime(this.#server), timed = await work();
    const clientAfter = processorTime(Deno.pid), serverAfter = processorTime(this.#server);
    if (!client || !server || !clientAfter || !serverAfter) return timed;
    this.#seconds += timed.seconds ?? 0;
    // A bench is a worker of its process.
    this.#client += clientAfter.main + clientAfter.others - client.main - client.others;
    this.#main += serverAfter.main - server.main;
    this.#others += serverAfter.others - server.others;
    return timed;
  }

  /** Prints how busy each was, as a share of the time: who has all of it is the bound. */
  say(): void {
    if (this.#seconds === 0) return;
    const share = (seconds: number) => `${Math.round(100 * seconds / this.#seconds)} %`;
    console.log(
      `  busy meanwhile: clients ${share(this.#client)}, the server's main thread ${share(this.#main)}, its others ${
        share(this.#others)
      }`,
    );
  }
}
