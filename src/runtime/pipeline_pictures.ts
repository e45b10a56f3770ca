import type { Catalog } from "../plan/catalog.ts";
import { analysePlan } from "../plan/compile.ts";
import { explainPlan } from "../plan/explain.ts";
import { deployedCatalog } from "./deployed_catalog.ts";
import { rendered, runtimeFacts } from "./explanation.ts";
import { labelNodes } from "./node_labels.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Deployed, PipelinesParts } from "./pipeline_maker.ts";
import type { PipelineFlow } from "./service.ts";

/** The pipelines that there are. */
interface Pictured {
  readonly catalog: Catalog;
  /** Throws not_found. */
  deployed(name: string): Deployed;
}

/** What pipelines look like: their plans, and what goes through them. */
export class PipelinePictures {
  readonly #parts: PipelinesParts;
  readonly #pipelines: Pictured;
  readonly #deployed: ReadonlyMap<string, Deployed>;
  /** What the nodes of a deployed plan do, once somebody asked. */
  readonly #labels = new WeakMap<Pipeline, PipelineFlow["nodes"]>();

  constructor(parts: PipelinesParts, pipelines: Pictured, deployed: ReadonlyMap<string, Deployed>) {
    this.#parts = parts;
    this.#pipelines = pipelines;
    this.#deployed = deployed;
  }

  async flow(name: string): Promise<PipelineFlow> {
    const { plan, pipeline } = this.#pipelines.deployed(name), { catalog } = this.#pipelines;
    let nodes = this.#labels.get(pipeline);
    if (!nodes) {
      nodes = labelNodes(explainPlan(plan, deployedCatalog(catalog, pipeline.plan)), pipeline.plan);
      this.#labels.set(pipeline, nodes);
    }
    const edges = await pipeline.flow();
    return { name, state: pipeline.state, reason: pipeline.reason, nodes, edges };
  }

  explain(name: string) {
    const { plan, pipeline } = this.#pipelines.deployed(name), { catalog } = this.#pipelines;
    const facts = runtimeFacts(this.#parts, name, pipeline.plan, this.#deployed);
    return rendered(explainPlan(plan, deployedCatalog(catalog, pipeline.plan), facts));
  }

  explainPlan(plan: unknown, catalog = this.#pipelines.catalog) {
    const { physical } = analysePlan(plan, catalog);
    return rendered(explainPlan(plan, catalog, runtimeFacts(this.#parts, null, physical, this.#deployed)));
  }
}
