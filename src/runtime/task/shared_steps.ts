import type { Program } from "../../kernel/program.ts";
import type { SharePoints } from "../../kernel/shared_programs.ts";
import { SharedResults } from "../../kernel/shared_results.ts";
import type { PhysicalPlan } from "../../plan/physical.ts";
import { type FrontProgram, frontPrograms, settleShares, ShareKeys } from "../../plan/share_points.ts";

/** A pipeline here, with the points that its programs look at. */
interface Planned {
  readonly plan: PhysicalPlan;
  readonly fronts: readonly FrontProgram[];
}

/** Which steps the pipelines of a worker have in common, as they come and go. */
export class SharedSteps {
  readonly results = new SharedResults();
  readonly #planned = new Map<number, Planned>();

  /** What of a pipeline's programs may be shared; what is shared changes with the pipelines that there are. */
  add(pipeline: number, plan: PhysicalPlan): ReadonlyMap<Program, SharePoints> {
    const fronts = frontPrograms(plan, new ShareKeys());
    this.#planned.set(pipeline, { plan, fronts });
    this.#settle();
    return new Map(fronts.map(({ program, points }) => [program, points]));
  }

  /** A pipeline that is gone wants nothing. */
  remove(pipeline: number): void {
    if (this.#planned.delete(pipeline)) this.#settle();
  }

  /** Keys are given anew, so that those of pipelines that are gone are nowhere. */
  #settle(): void {
    this.results.forget();
    const keys = new ShareKeys(), all = [...this.#planned.values()];
    const fresh = all.map(({ plan }) => frontPrograms(plan, keys));
    settleShares(fresh.flat());
    all.forEach(({ fronts }, i) => fronts.forEach(({ points }, k) => copyPoints(fresh[i][k].points, points)));
  }
}

function copyPoints(from: SharePoints, to: SharePoints): void {
  to.forEach((point, i) => point && Object.assign(point, from[i]));
}
