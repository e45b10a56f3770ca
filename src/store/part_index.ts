import type { Column } from "../core/schema.ts";
import { type Checksum, seal, unseal, type Unsealed } from "./sealed.ts";

/** Rows of a table that come in one file, all of them to be upserted or deleted. */
export interface RowFile {
  readonly name: string;
  readonly node: string;
  readonly table: string;
  readonly kind: "upsert" | "delete";
  readonly columns: readonly Column[];
  /** Bytes of the schema message, behind which rows begin. */
  readonly head: number;
  /** The body of each record batch is a frame (core/frame.ts). */
  readonly frames?: boolean;
}

/** A step as it lies in a part, without its rows. */
export type StoredStep =
  | { readonly kind: "clear"; readonly node: string; readonly table: string }
  | { readonly kind: "expire"; readonly node: string; readonly table: string; readonly below: bigint }
  | {
    readonly kind: "rows";
    /** Position in `files`. */
    readonly file: number;
    readonly rows: number;
    /** Where its record batch stands in the file. */
    readonly at: number;
    readonly bytes: number;
    /** Its lowest and highest key group, where its key has one. */
    readonly groups: readonly [number, number] | null;
  };

/** What stands in a part, in the order in which it was drained. */
export interface PartIndex {
  readonly files: readonly RowFile[];
  readonly steps: readonly StoredStep[];
}

export const INDEX_NAME = "index.json";

/**
 * index.json, sealed around { "files": [RowFile …], "steps": [ … ] }, with steps
 *
 *   [file, rows, bytes] · [file, rows, bytes, lowest group, highest group]      record batches of a file follow one another behind its schema
 *   { "clear": [node, table] } · { "expire": [node, table], "below": "123" }
 */
type Document = {
  readonly files: readonly RowFile[];
  readonly steps: readonly (
    | readonly number[]
    | { readonly clear: readonly [string, string] }
    | { readonly expire: readonly [string, string]; readonly below: string }
  )[];
};

export function encodeIndex({ files, steps }: PartIndex, checksum: Checksum): Uint8Array<ArrayBuffer> {
  const document: Document = {
    files,
    steps: steps.map((step) => {
      if (step.kind === "clear") return { clear: [step.node, step.table] };
      if (step.kind === "expire") return { expire: [step.node, step.table], below: String(step.below) };
      return [step.file, step.rows, step.bytes, ...(step.groups ?? [])];
    }),
  };
  return seal(document, checksum);
}

export function decodeIndex(bytes: Uint8Array<ArrayBuffer>, checksum: Checksum): Unsealed<PartIndex> {
  const unsealed = unseal<Document>(bytes, checksum);
  if ("damage" in unsealed) return unsealed;
  const { files, steps } = unsealed.body, ends = files.map(({ head }) => head);
  const decoded = steps.map((step): StoredStep => {
    if ("clear" in step) return { kind: "clear", node: step.clear[0], table: step.clear[1] };
    if ("expire" in step) {
      return { kind: "expire", node: step.expire[0], table: step.expire[1], below: BigInt(step.below) };
    }
    const [file, rows, bytes, first, last] = step, at = ends[file];
    ends[file] = at + bytes;
    return { kind: "rows", file, rows, at, bytes, groups: first === undefined ? null : [first, last] };
  });
  return { body: { files, steps: decoded } };
}
