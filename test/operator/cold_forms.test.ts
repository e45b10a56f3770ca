import assert from "node:assert/strict";
import type { GroupPlan } from "../../src/operator/group.ts";
import { type Form, OPERATOR_FORMS } from "./forms.ts";
import { holdsCold, runCold } from "./cold_run.ts";
import { seeds } from "./seeds.ts";

const SIZE = { boundBytes: 800_000, keys: 10_000, steps: 49, stepMs: 6 };
const RANKS = [
  "upserts",
  "rank",
  "rank of a changelog",
  "rank, time to live",
  "shared ranks",
  "dense ranks",
  "numbered shared ranks of a changelog",
];
const JOINS = [
  "inner join",
  "left join of changelogs",
  "full join, time to live",
  "semi join of changelogs",
  "anti join, time to live",
];

/** A group aggregation that tells what it has in another way. */
function groupOf(calls: string, emit: GroupPlan["emit"]): Form {
  const form = OPERATOR_FORMS.get(`group of ${calls}`)!;
  assert.ok(form.plan.op === "group");
  return { ...form, plan: { ...form.plan, emit } };
}

const GROUPS: readonly (readonly [string, Form])[] = [
  ["groups, time to live", groupOf("cells", { mode: "changes", ttlMs: 100, end: -1 })],
  ["groups, ticks", groupOf("texts", { mode: "every", everyMs: 10, ttlMs: 0, end: -1 })],
  ["groups, ticks, time to live", groupOf("cells", { mode: "every", everyMs: 10, ttlMs: 200, end: -1 })],
];
/** Groups that leave with their sets, lists and sketches. */
const HOLDING: readonly (readonly [string, Form])[] = [
  "group of sets",
  "group of lists",
  "group of sketches",
  "group of cells, changelog",
  "group of texts, changelog",
  "group of sets, changelog",
  "group of lists, changelog",
  "group of time to live",
  "group of time to live, sketches",
  "group of ticks",
  "group of ticks, time to live",
].map((name) => [name, OPERATOR_FORMS.get(name)!] as const);
const ROWS = [...RANKS, ...JOINS].map((name) => [name, OPERATOR_FORMS.get(name)!] as const);

const HOT: readonly string[] = [
  "rank of a changelog",
  "left join of changelogs",
  "full join, time to live",
  "groups, time to live",
];
const LONG: readonly string[] = ["upserts", "dense ranks", "left join of changelogs"];

for (const [name, form] of HOLDING) {
  const isLarge = name.includes("sketches") || name.includes("ticks");
  const size = { ...SIZE, boundBytes: isLarge ? 4_000_000 : 1_200_000, keys: isLarge ? 4000 : 3000 };
  for (const hot of name === "group of sets, changelog" ? [false, true] : [false]) {
    Deno.test(
      `groups of several times their bound are with all that they hold what they would be in memory: ${name}, ${
        hot ? "hot" : "uniform"
      } keys`,
      () => holdsCold(form, { ...size, hot }, 300),
    );
  }
}

for (const [name, form] of [...ROWS, ...GROUPS]) {
  // Rows that wait for a tick stay, and what was told has a part of the memory
  const size = name.includes("ticks") ? { ...SIZE, boundBytes: 2_500_000, keys: 25_000, steps: 70 } : SIZE;
  for (const hot of HOT.includes(name) ? [false, true] : [false]) {
    Deno.test(
      `state of several times its bound is what it would be in memory, over checkpoints and restarts: ${name}, ${
        hot ? "hot" : "uniform"
      } keys`,
      () => holdsCold(form, { ...size, hot }),
    );
  }
}

for (const [name, form] of ROWS.filter(([name]) => LONG.includes(name))) {
  Deno.test(`rows that are longer than what leaves stay in memory, with all of their key: ${name}`, () => {
    seeds(1, (seed) => {
      const size = { ...SIZE, boundBytes: 2_600_000, keys: 20_000, steps: 63, hot: false, long: true };
      const { coldest } = runCold(form, size, seed);
      assert.ok(coldest > 100, `at most ${coldest} rows were cold`);
    });
  });
}
