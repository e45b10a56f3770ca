import { type DataType, TIMESTAMP } from "../../core/schema.ts";

/** What a column says of the window that its row is in. */
export interface WindowPart {
  readonly part: "start" | "end" | "time";
  /** Equal for windows that are cut in the same way, whatever they are over. */
  readonly window: string;
}

/** A column while a query is bound: expressions name it by `id`, which stays the same through filters and joins. */
export interface Column {
  readonly id: string;
  /** What it is called when nothing says otherwise. */
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
}

/** A column with its name in the output of a node. */
export interface PlacedColumn {
  readonly column: Column;
  readonly name: string;
}

/** Rows that a node of the plan gives. */
export interface Relation {
  /** The node's id. */
  readonly node: string;
  /** In the order of the node's output, hidden ones among them. */
  readonly columns: readonly PlacedColumn[];
  /** The ids of columns that are event time. */
  readonly times: ReadonlySet<string>;
  /** Columns of the windows that the rows are in, by their ids. */
  readonly windows: ReadonlyMap<string, WindowPart>;
  /** Of a window node: an aggregate right behind it is by its window. */
  readonly windowed: boolean;
  /** Whether rows may take others back. */
  readonly changes: boolean;
}

/** What a node says of its rows, beside its columns. */
export type Facts = Pick<Relation, "times" | "windows">;

/** Makes columns with ids of their own. */
export class ColumnMaker {
  readonly #names = new Map<string, string>();
  readonly #arrivals = new Set<string>();

  make(name: string, { type, nullable }: { readonly type: DataType; readonly nullable: boolean }): Column {
    const id = `#${this.#names.size + 1}`;
    this.#names.set(id, name);
    return { id, name, type, nullable };
  }

  /**
   * A column that stands for the time at which a row is taken, PROCTIME(): rows go by it where a node names no time, and
   * it has no value, for a replay would give another.
   */
  arrival(name: string): Column {
    const column = this.make(name, { type: TIMESTAMP, nullable: false });
    this.#arrivals.add(column.id);
    return column;
  }

  isArrival(id: string): boolean {
    return this.#arrivals.has(id);
  }

  /** The name of the column with an id. */
  nameOf(id: string): string | null {
    return this.#names.get(id) ?? null;
  }

  /** The same rows under new ids: what a table is at one place of a query, for it may stand there twice. */
  renew(relation: Relation): { readonly relation: Relation; readonly renewed: ReadonlyMap<string, Column> } {
    const renewed = new Map(relation.columns.map(({ column }) => [column.id, this.make(column.name, column)]));
    const idOf = (id: string) => renewed.get(id)!.id;
    return {
      relation: {
        ...relation,
        columns: relation.columns.map(({ column, name }) => ({ column: renewed.get(column.id)!, name })),
        times: new Set([...relation.times].filter((id) => renewed.has(id)).map(idOf)),
        windows: new Map([...relation.windows].filter(([id]) => renewed.has(id)).map(([id, part]) => [idOf(id), part])),
      },
      renewed,
    };
  }
}

/** A name that none of `taken` is: `name`, or with the first number behind it that is free, as Flink numbers them. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 0; taken.has(free); number++) free = `${name}${number}`;
  return free;
}

/** The plan's name of a column in a relation, or null when it is not there. */
export function nameIn({ columns }: Relation, id: string): string | null {
  return columns.find(({ column }) => column.id === id)?.name ?? null;
}
