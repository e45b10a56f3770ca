import type { LookupReport, LostRows } from "../operator.ts";

/** What a lookup has come to: it is the operator at this position in the plan. */
export interface NodeLookups extends LookupReport {
  readonly operator: number;
}

/** Rows that the operator at this position in the plan has refused. */
export interface NodeRefused {
  readonly operator: number;
  readonly lost: readonly LostRows[];
}
