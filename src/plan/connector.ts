/** Where a source reads a file; paths are resolved by the platform. `header` and `delimiter` are CSV's only. */
export interface FileConnector {
  readonly kind: "file";
  readonly path: string;
  readonly format: "ndjson" | "csv";
  readonly header: boolean;
  /** One byte of ASCII. */
  readonly delimiter: string;
}

export const NEXMARK_TABLES = ["person", "auction", "bid"] as const;
export type NexmarkTable = typeof NEXMARK_TABLES[number];

/** The generator of the Nexmark benchmark: one table of its auction site. Equal options give equal rows. */
export interface NexmarkConnector {
  readonly kind: "nexmark";
  readonly table: NexmarkTable;
  /** Events of all three tables together, of which this table has its share. */
  readonly events: number;
  /** Events of all three tables in one second of event time. */
  readonly events_per_second: number;
  readonly seed: number;
}

/** Rows that stand in the plan, a value for each declared column as JSON has it. */
export interface ValuesConnector {
  readonly kind: "values";
  readonly rows: readonly (readonly unknown[])[];
}

export type Connector = FileConnector | NexmarkConnector | ValuesConnector;

/** Connectors that make their rows instead of reading them. */
export type MadeConnector = NexmarkConnector | ValuesConnector;
