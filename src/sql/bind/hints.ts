import type { Hint, Option } from "../ast.ts";
import type { Context, Settings } from "./context.ts";
import { durationOf } from "../../plan/duration.ts";

/**
 * The settings within a SELECT with hints: STATE_TTL('a' = '1 h') says how long state is kept. A join keeps that of both
 * sides as long as the longer of them.
 */
export function withHints(context: Context, hints: readonly Hint[]): Context {
  const { report } = context;
  let settings: Settings = context.settings;
  for (const { name, options, at } of hints) {
    if (name.name.toUpperCase() !== "STATE_TTL") {
      report.note(at, `The hint ${name.name} has no effect here`);
      continue;
    }
    const times = options.map((option) =>
      durationOf(option.value) ?? report.add(option.at, `'${option.value}' is no duration`, "Write '1 h'")
    );
    const longest = Math.max(...times.map((ms) => ms ?? 0));
    if (times.length > 0) settings = { ...settings, ttlMs: longest === 0 ? null : longest };
  }
  return settings === context.settings ? context : { ...context, settings };
}

/** What OPTIONS('k' = 'v') at a table says, as options of its WITH clause. */
export function optionsOf(hints: readonly Hint[], { report }: Context): readonly Option[] {
  return hints.flatMap(({ name, options, at }) => {
    if (name.name.toUpperCase() !== "OPTIONS") {
      report.note(at, `The hint ${name.name} has no effect here`);
      return [];
    }
    return options.flatMap((option): Option[] => {
      if (option.key !== null) {
        return [{ key: option.key, value: option.value, at: option.at, keyAt: option.at, valueAt: option.at }];
      }
      report.add(option.at, "OPTIONS takes keys with values", "Write OPTIONS('k' = 'v')");
      return [];
    });
  });
}
