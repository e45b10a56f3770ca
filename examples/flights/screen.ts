/** A row of either view. */
export interface LiveRow {
  readonly window_start: string;
  readonly window_end: string;
  readonly origin: string;
  readonly avg_delay: number | null;
  readonly max_delay: number | null;
  readonly flights: number;
}

const TOP = 12;

/** What the demo shows: the newest windows of both views, as a table that is drawn in place, or as lines where there is no terminal. */
export class Screen {
  readonly #terminal = Deno.stdout.isTerminal();
  readonly #encoder = new TextEncoder();
  #hour: LiveRow[] = [];
  #day: LiveRow[] = [];
  #windows = 0;
  #status = "";
  #dirty = false;

  /** Takes rows of a view's delta, which are in order of windows. */
  rows(view: "hourly" | "daily", rows: readonly LiveRow[]): void {
    if (rows.length === 0) return;
    const newest = rows[rows.length - 1].window_end, shown = rows.filter((row) => row.window_end === newest);
    this.#windows += new Set(rows.map((row) => row.window_end)).size;
    if (view === "hourly") this.#hour = shown;
    else this.#day = shown;
    this.#dirty = true;
    if (!this.#terminal && view === "hourly") this.#line(shown);
  }

  status(text: string): void {
    this.#status = text;
    this.#dirty = true;
  }

  get windows(): number {
    return this.#windows;
  }

  /** Draws what changed since the last time. */
  draw(): void {
    if (!this.#terminal || !this.#dirty) return;
    this.#dirty = false;
    const text = [
      "\x1b[H\x1b[2J" + this.#status,
      "",
      ...table("Last hour", this.#hour),
      "",
      ...table("Last day, every hour", this.#day),
      "",
    ].join("\n");
    Deno.stdout.writeSync(this.#encoder.encode(text));
  }

  #line(rows: readonly LiveRow[]): void {
    const worst = worstFirst(rows)[0], flights = rows.reduce((sum, row) => sum + row.flights, 0);
    console.log(
      `${clock(worst.window_start)}  ${String(flights).padStart(5)} flights  worst ${worst.origin}: ` +
        `average ${minutes(worst.avg_delay)}, maximum ${minutes(worst.max_delay)}`,
    );
  }
}

function table(title: string, rows: readonly LiveRow[]): string[] {
  if (rows.length === 0) return [`${title}: no window has closed yet`];
  const lines = worstFirst(rows).slice(0, TOP).map((row) =>
    `  ${row.origin.padEnd(6)}${minutes(row.avg_delay).padStart(10)}${minutes(row.max_delay).padStart(10)}` +
    `${String(row.flights).padStart(9)}  ${bar(row.avg_delay)}`
  );
  const { window_start, window_end } = rows[0];
  return [
    `${title}: ${clock(window_start)} to ${clock(window_end)}, ${rows.length} origins`,
    `  origin   average   maximum  flights`,
    ...lines,
  ];
}

function worstFirst(rows: readonly LiveRow[]): LiveRow[] {
  return [...rows].sort((a, b) => (b.avg_delay ?? 0) - (a.avg_delay ?? 0));
}

function clock(iso: string): string {
  return iso.slice(0, 16).replace("T", " ");
}

function minutes(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} min`;
}

function bar(value: number | null): string {
  return "█".repeat(Math.max(0, Math.min(30, Math.round((value ?? 0) / 4))));
}
