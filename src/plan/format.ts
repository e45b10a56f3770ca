import { type Expression, isCall, isColumn, isLiteral } from "../expr/mod.ts";

const COMPARISON = 3;

/** Operators that are written between their arguments, by how tightly they bind. */
const INFIX: ReadonlyMap<string, { readonly sign: string; readonly level: number }> = new Map([
  ["or", { sign: "or", level: 1 }],
  ["and", { sign: "and", level: 2 }],
  ["eq", { sign: "=", level: COMPARISON }],
  ["ne", { sign: "<>", level: COMPARISON }],
  ["lt", { sign: "<", level: COMPARISON }],
  ["le", { sign: "<=", level: COMPARISON }],
  ["gt", { sign: ">", level: COMPARISON }],
  ["ge", { sign: ">=", level: COMPARISON }],
  ["like", { sign: "like", level: COMPARISON }],
  ["add", { sign: "+", level: 4 }],
  ["sub", { sign: "-", level: 4 }],
  ["mul", { sign: "*", level: 5 }],
  ["div", { sign: "/", level: 5 }],
  ["mod", { sign: "%", level: 5 }],
]);

/** An expression as people read it: `delay / 60 > 1 and origin = 'SFO'`. For the eye only; nothing reads it back. */
export function formatExpression(expression: Expression): string {
  return format(expression, 0);
}

/** `level`: how tightly what is around it binds. */
function format(expression: Expression, level: number): string {
  if (isColumn(expression)) return formatName(expression.column);
  if (isLiteral(expression)) return formatLiteral(expression);
  if (!isCall(expression)) return "?";
  const { call, args, type } = expression, infix = INFIX.get(call);
  if (infix && args.length >= 2) {
    // The arguments behind the first bind one level tighter: a - (b - c) keeps its parentheses, as does (a = b) = c.
    const first = infix.level === COMPARISON ? infix.level + 1 : infix.level;
    const text = args.map((arg, i) => format(arg, i === 0 ? first : infix.level + 1)).join(` ${infix.sign} `);
    return infix.level < level ? `(${text})` : text;
  }
  if (call === "case") return formatCase(args);
  const list = args.map((arg) => format(arg, 0)).join(", ");
  return `${call}(${list}${type === undefined ? "" : ` as ${type}`})`;
}

function formatCase(args: readonly Expression[]): string {
  const parts: string[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) parts.push(`when ${format(args[i], 0)} then ${format(args[i + 1], 0)}`);
  if (args.length % 2 === 1) parts.push(`else ${format(args[args.length - 1], 0)}`);
  return `case ${parts.join(" ")} end`;
}

function formatName(name: string): string {
  return /^[A-Za-z_][\w.]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function formatLiteral({ literal, type }: { readonly literal: unknown; readonly type?: string }): string {
  if (typeof literal !== "string") return literal === null ? "null" : String(literal);
  const text = `'${literal.replaceAll("'", "''")}'`;
  if (type === undefined || type === "string") return text;
  return type === "int64" ? literal : `${type} ${text}`;
}
