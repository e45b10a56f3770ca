import type { Token } from "./tokens.ts";

/** The tokens of one statement without spaces and comments, and the `;` behind it. */
export interface StatementTokens {
  readonly tokens: readonly Token[];
  readonly end: Token | null;
}

/** Cuts the tokens of a script at its semicolons. A statement set, whose statements end with `;` themselves, is one statement. Empty ones are left out. */
export function splitStatements(all: readonly Token[]): StatementTokens[] {
  const statements: StatementTokens[] = [];
  let tokens: Token[] = [], inSet = false;
  const close = (end: Token | null) => {
    if (tokens.length > 0) statements.push({ tokens, end });
    tokens = [];
    inSet = false;
  };
  for (const token of all) {
    if (token.kind === "space" || token.kind === "comment") continue;
    if (!inSet && tokens.length < 8 && beginsSet(tokens, token)) inSet = true;
    const last = tokens.at(-1);
    const ended = inSet && last?.text === "END" && tokens.at(-2)?.text === ";";
    if (token.text === ";" && (!inSet || ended)) close(token);
    else tokens.push(token);
  }
  close(null);
  return statements;
}

/** Whether `token` ends the head of a statement set: `STATEMENT SET BEGIN`, or the older `BEGIN STATEMENT SET;`. */
function beginsSet(before: readonly Token[], token: Token): boolean {
  const [a, b, c] = before.slice(-3).map(({ text }) => text);
  if (token.text === "BEGIN") return before.at(-2)?.text === "STATEMENT" && before.at(-1)?.text === "SET";
  return token.text === ";" && before.length === 3 && a === "BEGIN" && b === "STATEMENT" && c === "SET";
}
