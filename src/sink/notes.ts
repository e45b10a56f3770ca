import { FrameBuilder } from "../core/frame.ts";
import { INT64 } from "../core/schema.ts";
import type { Log, LogHold } from "../log.ts";

const NOTED = "noted";

/** The last of ever greater numbers, in a log of its own, of which no more is kept than that. */
export class Notes {
  readonly #log: Log<null>;
  readonly #hold: LogHold;
  #failure: unknown = null;

  constructor(log: Log<null>) {
    this.#log = log;
    this.#hold = log.hold(log.end);
    log.retain(0);
  }

  /** −1: none was. */
  get last(): number {
    return this.#log.lastOf(NOTED);
  }

  /** Notes a number, soon: a crash may take it. Throws why an earlier one could not be. */
  note(number: number): void {
    if (this.#failure !== null) throw this.#failure;
    const builder = new FrameBuilder([{ name: "number", type: INT64, nullable: false }]);
    builder.append([number]);
    const mark = { producer: NOTED, sequence: number, sparse: true, digest: "" } as const;
    // A row each, so that segments of the log are told apart by offsets and those behind can go.
    const noted = this.#log.append({
      kind: "rows",
      rows: 1,
      frames: [builder.finish()],
      schema: 0,
      mark,
      answer: () => null,
    });
    noted.then(() => this.#hold.move(this.#log.end), (thrown) => this.#failure = thrown);
  }
}
