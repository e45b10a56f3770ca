import { type Column, type DataType, formatType, INT64 } from "../core/schema.ts";
import { type Expression, isLiteral } from "../expr/mod.ts";
import {
  aggregateNullable,
  type AggregateSignature,
  aggregateTakes,
  filteredArgument,
  signatureOf,
  takesType,
} from "./aggregates.ts";
import type { AggregateCall } from "./plan.ts";
import { index, type Problems } from "./problems.ts";
import { checkBool, typeOf } from "./resolve_expression.ts";
import type { Facts, Resolving } from "./resolved.ts";

/** What a call is over. */
export interface CallInput extends Pick<Facts, "columns" | "changes"> {
  /** All rows are one group, which stays when all its rows are taken back. */
  readonly whole: boolean;
}

/** The column that a call gives, or null with its problems added. */
export function resolveCall(
  call: AggregateCall,
  input: CallInput,
  path: string,
  { problems, catalog }: Resolving,
): Column | null {
  const { fn, arg, args = [], filter, distinct, as } = call, signature = signatureOf(fn, catalog.aggregates);
  if (!signature) throw new TypeError(`The schema of plans let the aggregate ${fn} pass`);
  const result = resultOf(call, signature, input, path, problems);
  checkParameters(fn, args, signature, `${path}.args`, problems);
  if (filter) checkFilter(filter, arg, input.columns, `${path}.filter`, problems);
  if (distinct && arg === undefined) {
    problems.add(`${path}.distinct`, `${fn}(*) counts rows, which are all different`, "Name an argument");
  } else if (distinct && signature.distinct === null) {
    problems.add(`${path}.distinct`, `${fn} of different values has no meaning`, "Leave distinct out");
  }
  if (input.changes && !signature.retracts) {
    problems.add(
      `${path}.fn`,
      `${fn} cannot take rows back, and its input does`,
      "Aggregate rows that are only inserted",
    );
  }
  return result && { name: as, ...result };
}

function resultOf(
  { fn, arg, filter }: AggregateCall,
  signature: AggregateSignature,
  { columns, changes, whole }: CallInput,
  path: string,
  problems: Problems,
): { type: DataType; nullable: boolean } | null {
  if (arg === undefined) {
    if (fn === "count") return { type: INT64, nullable: false };
    problems.add(`${path}.arg`, `arg is missing: ${fn} needs a column or an expression`);
    return null;
  }
  const found = typeOf(arg, columns, `${path}.arg`, problems);
  if (!found) return null;
  if (!takesType(signature, found.type)) {
    problems.add(
      `${path}.arg`,
      `Cannot take ${fn} of ${formatType(found.type)}`,
      `It takes ${aggregateTakes(signature)}`,
    );
    return null;
  }
  const argument = { type: found.type, nullable: found.nullable || filter !== undefined || (changes && whole) };
  return { type: signature.result(found.type), nullable: aggregateNullable(fn, argument, signature.nullable) };
}

function checkParameters(
  fn: string,
  args: readonly Expression[],
  { params }: AggregateSignature,
  path: string,
  problems: Problems,
): void {
  if (args.length !== params.length) {
    const wanted = params.length === 0 ? "none" : params.map(({ name }) => name).join(", ");
    problems.add(path, `${fn} cannot take ${args.length} constants behind its argument`, `It takes ${wanted}`);
    return;
  }
  params.forEach(({ name, fits, expected }, i) => {
    const arg = args[i];
    if (isLiteral(arg) && fits(arg.literal)) return;
    problems.add(index(path, i), `${fn} needs ${name} here: ${expected}`, 'Write a literal: {"literal":…}');
  });
}

/** A filter must be a condition, and still be shallow enough when it stands around the argument. */
function checkFilter(
  filter: Expression,
  arg: Expression | undefined,
  columns: readonly Column[],
  path: string,
  problems: Problems,
): void {
  const before = problems.count;
  checkBool(filter, columns, path, problems);
  if (problems.count === before) typeOf(filteredArgument(arg, filter), columns, path, problems);
}
