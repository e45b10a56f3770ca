import { nearest } from "../../core/nearest.ts";
import type { SetOption } from "../ast.ts";
import type { Settings } from "./context.ts";
import { durationOf } from "../../plan/duration.ts";
import type { Report } from "./report.ts";

export const NO_SETTINGS: Settings = { ttlMs: null, idleTimeoutMs: null, twoPhase: false };

/** What SET can say that has an effect: Flink's keys. */
const KEYS: Readonly<Record<string, (value: string) => Partial<Settings> | string>> = {
  "table.exec.state.ttl": (value) => {
    const ms = durationOf(value);
    return ms === null ? "a duration such as 1 h, 7 d" : { ttlMs: ms === 0 ? null : ms };
  },
  "table.exec.source.idle-timeout": (value) => {
    const ms = durationOf(value);
    return ms === null ? "a duration such as 5 s" : { idleTimeoutMs: ms };
  },
  "table.optimizer.agg-phase-strategy": (value) => {
    const upper = value.toUpperCase();
    return ["AUTO", "ONE_PHASE", "TWO_PHASE"].includes(upper)
      ? { twoPhase: upper === "TWO_PHASE" }
      : "ONE_PHASE, TWO_PHASE, AUTO";
  },
};

/** The settings after a SET; what has no effect is noted. */
export function withSetting(settings: Settings, { key, value, at }: SetOption, report: Report): Settings {
  const name = key.toLowerCase();
  if (!Object.hasOwn(KEYS, name)) {
    const near = nearest(name, Object.keys(KEYS));
    report.note(at, `SET ${key} has no effect here`, near ? `Did you mean ${near}?` : undefined);
    return settings;
  }
  const read = KEYS[name](value);
  if (typeof read !== "string") return { ...settings, ...read };
  report.add(at, `${key} cannot be '${value}'`, `What fits: ${read}`);
  return settings;
}
