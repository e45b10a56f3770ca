/** The plan: the one form of a pipeline that the engine knows. */
export { aggregateNullable, type AggregateSignature, aggregateType, signatureOf } from "./aggregates.ts";
export {
  type Catalog,
  type FunctionRules,
  type LookupKind,
  type SinkKind,
  STANDARD_SINKS,
  type StreamInfo,
} from "./catalog.ts";
export { STANDARD_LOOKUPS } from "./lookup_kinds.ts";
export { itemsOf } from "./resolve_unnest.ts";
export { type CompiledPlan, compilePlan, parsePlan } from "./compile.ts";
export { type ExplainedNode, explainPlan, type Explanation, formatExplanation, type RuntimeFacts } from "./explain.ts";
export type { JsonSchema } from "./json_schema.ts";
export type * from "./physical.ts";
export { givenBy } from "./physical.ts";
export type * from "./plan.ts";
export { AGGREGATE_NAMES, PLAN_VERSION } from "./plan.ts";
export { planSchema } from "./schema.ts";
export { type CarriedNode, compareState, type StateComparison, type StateTable, stateTables } from "./state.ts";
