import { SqlMistake } from "./errors.ts";
import type { Failure } from "./errors_mistakes.ts";

/** What other systems write, where it is known what to write here; null where it is none of that. */
export function otherIdiom({ encoded: { source, tokens }, at, expected }: Failure): SqlMistake | null {
  const token = tokens[at], [before, last] = [tokens[at - 2]?.text, tokens[at - 1]?.text];
  if (!token) return null;
  const shown = (i: number) => source.slice(tokens[i].start, tokens[i].end);
  if (before === "SELECT" && last === "TOP" && token.kind === "number") {
    return new SqlMistake(tokens[at - 1], "There is no TOP here", `Write LIMIT ${shown(at)} at the end`);
  }
  if (before === "LIMIT" && token.text === "," && tokens[at + 1]?.kind === "number") {
    const hint = `Write LIMIT ${shown(at + 1)} OFFSET ${shown(at - 1)}`;
    return new SqlMistake(token, "LIMIT takes one number", hint);
  }
  if (last === "DISTINCT" && token.text === "ON") {
    const hint = "Write QUALIFY ROW_NUMBER() OVER (PARTITION BY x ORDER BY y) = 1 at the end";
    return new SqlMistake(token, "There is no DISTINCT ON here", hint);
  }
  if (token.kind === "word" && expected.kinds.has("string") && tokens[at + 1]?.text === "=") {
    return new SqlMistake(token, "Names of options stand in single quotes", `Write '${shown(at)}' = '…'`);
  }
  return null;
}
