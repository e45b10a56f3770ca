import type { DataType } from "../core/schema.ts";
import type { Register } from "./emitter.ts";

/** A literal as it was written and as a cell. */
export interface Literal {
  /** The cell as a Constant writes it; null is NULL. */
  readonly text: string | null;
  /** A type was written with it, so that its place does not choose one. */
  readonly typed: boolean;
}

/** A checked and lowered sub-expression. */
export interface Value {
  /** null: NULL of a type that is not known yet. */
  readonly type: DataType | null;
  readonly nullable: boolean;
  /** Where its cells are; -1 while the type is not known. */
  readonly register: Register;
  readonly literal?: Literal;
  /** A string that a function made of JSON: as a part of other JSON it goes in as it is. */
  readonly json?: boolean;
}

/** A value whose type is known. */
export type TypedValue = Value & { readonly type: DataType };
