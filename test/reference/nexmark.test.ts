import { EVALUATORS } from "../nexmark/evaluate/mod.ts";
import { eventsOf } from "../nexmark/events.ts";
import { assertSameRows, linesOf } from "../nexmark/rows_text.ts";
import { NEXMARK_BASE_MS } from "../../src/source/nexmark.ts";
import { materialise } from "./changes.ts";
import { runReference } from "./engine.ts";
import { NEXMARK_PLANS, nexmarkLog } from "./nexmark_plans.ts";

const events = eventsOf({ events: 2000, eventsPerSecond: 20, seed: 3, baseMs: NEXMARK_BASE_MS });

for (const [name, plan] of Object.entries(NEXMARK_PLANS)) {
  Deno.test(`the reference engine answers Nexmark's ${name} as its evaluator does`, () => {
    const { rows } = runReference(plan, nexmarkLog(events)).get("out")!;
    assertSameRows(linesOf(materialise(rows)), linesOf(EVALUATORS[name](events)), name);
  });
}
