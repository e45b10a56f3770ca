import { RdxError } from "../../core/errors.ts";
import { FrameView } from "../../core/frame.ts";
import { DIGEST_BYTES_MAX } from "../../core/limits.ts";
import { type Column, formatType } from "../../core/schema.ts";
import type { Value } from "../../core/value.ts";
import type { SavedStep, SavedTable } from "../../store.ts";

/** What a table comes to. */
export interface TableDigest {
  readonly node: string;
  readonly table: string;
  readonly rows: number;
  /** SHA-256, in hexadecimal digits. */
  readonly digest: string;
}

/** What everything that a pipeline has comes to, behind a number of its order. */
export interface Digest {
  readonly number: number;
  readonly digest: string;
  readonly tables: readonly TableDigest[];
}

/** How rows were counted as they came: tasks count for themselves, so that these depend on how many there are. Their order under a key stays. */
const OWN_NUMBERS = [
  ["$arrival", "$arrivals", "$key_arrival", "$session", "$row", "$ordinal", "$number", "$numbers", "$turn", "$turns"],
  ["$entry", "$node", "$page", "$of", "$pin", "$pins", "$batch", "$place", "$keys", "arrivals"],
].flat();
/** Of these, what says which row came first. */
const ORDERS = ["$arrival", "$node"];

interface DigestRow {
  readonly group: number;
  readonly order: bigint;
  readonly expires: bigint | null;
  readonly text: string;
}

interface DigestTable {
  readonly rows: Map<string, DigestRow>;
}

/** Takes steps of a drain, or those of a checkpoint one drain after the other, and says what the rows come to that are there in the end. */
export class StateDigester {
  readonly #tables = new Map<string, DigestTable>();
  readonly #known = new Map<string, SavedTable>();
  #chars = 0;

  /** `tables`: those whose rows go by ranges, if any do; absent: all steps are of one whole drain. */
  constructor(tables: readonly SavedTable[] = []) {
    for (const table of tables) this.#known.set(nameOf(table.node, table.name), table);
  }

  /** Throws RdxError("too_large") for more than fits into memory. */
  add(step: SavedStep): void {
    const name = nameOf(step.node, step.table), table = this.#tables.get(name) ?? { rows: new Map() };
    this.#tables.set(name, table);
    if (step.kind === "clear") table.rows.clear();
    else if (step.kind === "expire") {
      for (const [key, { expires }] of table.rows) if (expires !== null && expires < step.below) table.rows.delete(key);
    } else this.#put(table, step, this.#known.get(name));
  }

  #put(
    { rows }: DigestTable,
    step: Extract<SavedStep, { readonly kind: "delete" | "upsert" }>,
    known: SavedTable | undefined,
  ): void {
    const view = new FrameView(step.frame), { columns } = step, expiry = known?.expiry ?? -1;
    const at = columns.map((_, column) => column), kept = at.filter((i) => !OWN_NUMBERS.includes(columns[i].name));
    const order = columns.findIndex(({ name }) => ORDERS.includes(name)), grouped = columns[0]?.name === "$group";
    for (let row = 0; row < view.rows; row++) {
      const key = known ? textOf(view, row, at.slice(0, known.keys)) : String(rows.size);
      if (step.kind === "delete") {
        rows.delete(key);
        continue;
      }
      const text = textOf(view, row, kept);
      this.#chars += text.length + key.length;
      if (this.#chars * 2 > DIGEST_BYTES_MAX) {
        throw new RdxError(
          "too_large",
          `Cannot make a digest: the rows take over ${DIGEST_BYTES_MAX} bytes; compare views by their rows instead`,
        );
      }
      rows.set(key, {
        group: grouped ? Number(view.int64(0, row)) : 0,
        order: order < 0 ? 0n : view.int64(order, row),
        expires: expiry < 0 ? null : view.int64(expiry, row),
        text,
      });
    }
  }

  /** Behind a number at which these tables are there. */
  async end(number: number, tables: readonly SavedTable[]): Promise<Digest> {
    const ordered = [...tables].sort((a, b) => compare(nameOf(a.node, a.name), nameOf(b.node, b.name)));
    const each: TableDigest[] = [];
    for (const { node, name, columns } of ordered) {
      const rows = [...this.#tables.get(nameOf(node, name))?.rows.values() ?? []].sort(byGroup);
      const head = JSON.stringify([node, name, columns.map(columnText)]);
      const digest = await sha256([head, ...rows.map(({ group, text }) => `${group} ${text}`)].join("\n"));
      each.push({ node, table: name, rows: rows.length, digest });
    }
    return { number, digest: await sha256(each.map(({ digest }) => digest).join("\n")), tables: each };
  }
}

function nameOf(node: string, table: string): string {
  return JSON.stringify([node, table]);
}

function columnText({ name, type }: Column): string {
  return `${name} ${formatType(type)}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** By key group, then as they came, where that counts. */
function byGroup(a: DigestRow, b: DigestRow): number {
  if (a.group !== b.group) return a.group - b.group;
  return a.order === b.order ? compare(a.text, b.text) : a.order < b.order ? -1 : 1;
}

/** Values in one way that tells all of them apart. */
function textOf(view: FrameView, row: number, columns: readonly number[]): string {
  return columns.map((column) => valueText(view.value(row, column))).join(",");
}

function valueText(value: Value): string {
  if (value === null) return "n";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Object.is(value, -0) ? "d-0" : `d${value}`;
  if (value instanceof Uint8Array) return `x${value.toHex()}`;
  return String(value);
}

async function sha256(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex();
}
