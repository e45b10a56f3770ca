import { describeProblem, type SqlProblem } from "../sql/mod.ts";
import type { Terminal } from "./terminal.ts";

/** Says what a script has that is no mistake and has no effect, or another than it seems. */
export function tellNotes(terminal: Terminal, sql: string, notes: readonly SqlProblem[]): void {
  for (const note of notes) terminal.err(`${describeProblem(sql, note)}\n`);
}
