import { FIRE_ROWS_MAX } from "../../core/limits.ts";
import type { Asking, Operator, Released } from "../../operator.ts";
import type { AnswerMessage, NodeLookups, TaskOutput } from "../protocol.ts";
import type { ModeParts } from "./parallel.ts";

/** What happens to what comes out of a lookup. */
export interface ReleaseExits {
  /** Rows of the lookup that has this place among the clocks. */
  rows(head: number, batch: Released, outputs: TaskOutput[]): void;
  /** Its clock has moved on. */
  moved(outputs: TaskOutput[]): void;
}

/** One lookup in the owner's task. */
interface Place {
  readonly index: number;
  readonly operator: Asking;
  /** Its place among the clocks. */
  readonly head: number;
  /** What comes out of it is on its way: it is not looked at again until that is there. */
  busy: boolean;
}

/** The lookups of a plan that runs in order, where they run: hands on what has its answers, as a source would. */
export class Releases {
  readonly #parts: ModeParts;
  readonly #exits: ReleaseExits;
  /** Inputs come first. */
  readonly #places: readonly Place[];
  /** By the position of an operator, hands on what it has ready. */
  readonly asks: ReadonlyMap<number, (outputs: TaskOutput[]) => void>;

  /** `here`: this task runs them. */
  constructor(parts: ModeParts, here: boolean, exits: ReleaseExits) {
    const { plan, flow } = parts;
    this.#parts = parts;
    this.#exits = exits;
    let head = plan.sources.length;
    this.#places = plan.operators.flatMap((operator, index): Place[] => {
      if (operator.op !== "lookup") return [];
      const at = head++;
      return here ? [{ index, operator: asking(flow.operators[index]!), head: at, busy: false }] : [];
    });
    this.asks = new Map(
      this.#places.map((place) => [place.index, (outputs: TaskOutput[]) => this.#release(place, outputs)]),
    );
  }

  /** Hands on everything that has its answers. */
  all(outputs: TaskOutput[]): void {
    for (const place of this.#places) this.#release(place, outputs);
  }

  answer({ operator, ...answer }: AnswerMessage): void {
    this.#places.find(({ index }) => index === operator)!.operator.answer(answer);
  }

  reports(): NodeLookups[] {
    return this.#places.map(({ index, operator }) => ({ operator: index, ...operator.report() }));
  }

  get heldAt(): number {
    const { clocks } = this.#parts;
    return Math.min(Infinity, ...this.#places.map(({ head }) => clocks.sources[head].watermark));
  }

  #release(place: Place, outputs: TaskOutput[]): void {
    if (place.busy) return;
    const { kernel, clocks } = this.#parts, { operator, head } = place;
    place.busy = true;
    for (;;) {
      const mark = kernel.mark(), next = operator.next();
      if (next === "rows") this.#rows(place, outputs);
      kernel.release(mark);
      if (next === null) break;
      if (next === "rows") continue;
      clocks.sources[head].raise(operator.reached);
      this.#exits.moved(outputs);
    }
    place.busy = false;
  }

  #rows({ operator, head }: Place, outputs: TaskOutput[]): void {
    const { kernel } = this.#parts;
    for (;;) {
      const mark = kernel.mark(), batch = operator.release(FIRE_ROWS_MAX);
      if (batch) this.#exits.rows(head, batch, outputs);
      kernel.release(mark);
      if (!batch) return;
    }
  }
}

function asking(operator: Operator): Asking {
  if ("release" in operator && "report" in operator) return operator as Asking;
  throw new Error(`Node ${operator.id} was planned as a lookup and is none`);
}
