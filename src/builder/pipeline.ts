import type { Plan } from "../plan/plan.ts";
import type { ColumnSpecs } from "./column.ts";
import { Draft } from "./draft.ts";
import type { RowOfColumns } from "./row.ts";
import type { SourceSpec } from "./source.ts";
import { Stage } from "./stage.ts";

/** Begins a pipeline. Several sources and branches may hang on it; `toPlan` of any part gives the whole. */
export function pipeline(name: string): Pipeline {
  return new Pipeline(name);
}

export class Pipeline {
  readonly #draft: Draft;

  constructor(readonly name: string) {
    this.#draft = new Draft(name);
  }

  from<S extends ColumnSpecs>(source: SourceSpec<S>): Stage<RowOfColumns<S>> {
    const node = this.#draft.add("source", [], source.node);
    return new Stage(this.#draft, node, Object.keys(source.columns), source.open);
  }

  /** The plan's JSON. What cannot be seen here, such as streams that are not there, `compilePlan` tells. */
  toPlan(): Plan {
    return this.#draft.toPlan();
  }
}
