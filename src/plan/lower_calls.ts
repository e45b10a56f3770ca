import { type Column, columnIndex, INT64 } from "../core/schema.ts";
import { aggregateNullable, type AggregateSignature, aggregateType, signatureOf } from "./aggregates.ts";
import type {
  LogicalAggregate,
  LogicalEmit,
  LogicalGroup,
  LogicalGroupCall,
  LogicalOver,
  LogicalSession,
} from "./logical.ts";
import type { Place } from "./lower.ts";
import type {
  GroupCall,
  GroupEmit,
  PhysicalAggregate,
  PhysicalGroup,
  PhysicalOver,
  PhysicalSession,
} from "./physical.ts";
import { WINDOW_COLUMNS } from "./window.ts";

type Signatures = ReadonlyMap<string, AggregateSignature> | undefined;

const [START, END] = WINDOW_COLUMNS;

export function lowerAggregate(node: LogicalAggregate, input: readonly Column[], place: Place): PhysicalAggregate {
  const keys = node.keys.map((name) => columnIndex(input, name));
  const aggregates = node.calls.map(({ fn, arg }) => ({ fn, arg: arg === null ? -1 : columnIndex(input, arg) }));
  const made = node.calls.map(({ fn, as }, i): Column => {
    const argument = input[aggregates[i].arg];
    if (argument === undefined) return { name: as, type: INT64, nullable: false };
    return { name: as, type: aggregateType(fn, argument.type)!, nullable: aggregateNullable(fn, argument) };
  });
  const { op, sizeMs, slideMs, offsetMs, twoPhase } = node;
  const time = node.time === null ? -1 : columnIndex(input, node.time);
  const columns = [START, END, ...keys.map((key) => input[key]), ...made];
  return { op, ...place, columns, inputColumns: input, keys, aggregates, time, sizeMs, slideMs, offsetMs, twoPhase };
}

export function lowerSession(
  node: LogicalSession,
  input: readonly Column[],
  place: Place,
  signatures: Signatures,
): PhysicalSession {
  const keys = node.keys.map((name) => columnIndex(input, name)), { op, gapMs, maxMs } = node;
  const calls = node.calls && lowerCalls(node.calls, input, false, signatures);
  const columns = calls
    ? [START, END, ...keys.map((key) => input[key]), ...calls.columns]
    : [...input, ...WINDOW_COLUMNS];
  const time = node.time === null ? -1 : columnIndex(input, node.time);
  return { op, ...place, columns, inputColumns: input, keys, time, gapMs, maxMs, calls: calls?.calls ?? null };
}

export function lowerGroup(
  node: LogicalGroup,
  input: readonly Column[],
  place: Place,
  signatures: Signatures,
): PhysicalGroup {
  const keys = node.keys.map((name) => columnIndex(input, name)), { op, retracts } = node;
  const { calls, columns } = lowerCalls(node.calls, input, retracts && keys.length === 0, signatures);
  return {
    op,
    ...place,
    columns: [...keys.map((key) => input[key]), ...columns],
    inputColumns: input,
    keys,
    calls,
    retracts,
    emit: lowerEmit(node.emit, node.keys),
  };
}

function lowerEmit(emit: LogicalEmit, keys: readonly string[]): GroupEmit {
  const end = emit.end === null ? -1 : keys.indexOf(emit.end);
  return { ...emit, end };
}

export function lowerOver(
  node: LogicalOver,
  input: readonly Column[],
  place: Place,
  signatures: Signatures,
): PhysicalOver {
  const { calls, columns } = lowerCalls(node.calls, input, false, signatures), { op, frame } = node;
  const keys = node.keys.map((name) => columnIndex(input, name));
  const time = node.time === null ? -1 : columnIndex(input, node.time);
  return { op, ...place, columns: [...input, ...columns], keys, time, frame, calls };
}

/** `vanishing`: all rows of a group may be taken back, and the group stays. */
function lowerCalls(
  calls: readonly LogicalGroupCall[],
  input: readonly Column[],
  vanishing: boolean,
  signatures: Signatures,
): { readonly calls: GroupCall[]; readonly columns: Column[] } {
  const columns = calls.map((call) => callColumn(call, input, vanishing, signatures));
  const lowered = calls.map(({ fn, arg, params, distinct, filter }, i): GroupCall => ({
    fn,
    args: arg === null ? [] : [columnIndex(input, arg)],
    distinct,
    filter: filter === null ? -1 : columnIndex(input, filter),
    params,
    type: columns[i].type,
    nullable: columns[i].nullable,
  }));
  return { calls: lowered, columns };
}

function callColumn(
  { fn, arg, filter, as }: LogicalGroupCall,
  input: readonly Column[],
  vanishing: boolean,
  signatures: Signatures,
): Column {
  if (arg === null) return { name: as, type: INT64, nullable: false };
  const { type, nullable } = input[columnIndex(input, arg)], signature = signatureOf(fn, signatures)!;
  const argument = { type, nullable: nullable || filter !== null || vanishing };
  return { name: as, type: signature.result(type), nullable: aggregateNullable(fn, argument, signature.nullable) };
}
