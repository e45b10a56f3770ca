import type { PipelineInfo } from "../runtime/service.ts";
import type { Terminal } from "./terminal.ts";

/** Shows how far a run is: one line that changes, for a person who watches, and one line at the end. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  #shown = 0;

  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
  }

  show(info: PipelineInfo): void {
    if (this.#quiet || !this.#terminal.watched) return;
    this.#replace(describe(info));
  }

  /** The last word. */
  finish(info: PipelineInfo): void {
    if (this.#quiet) return;
    if (this.#terminal.watched) this.#replace("");
    const late = info.lateRows === 0 ? "" : `, ${count(info.lateRows)} late`;
    this.#terminal.err(
      `${info.name}: ${info.state}, ${count(info.rowsIn)} rows in, ${count(info.rowsOut)} rows out${late}\n`,
    );
  }

  /** Spaces cover what the line before was longer by. */
  #replace(text: string): void {
    this.#terminal.err(`\r${text.padEnd(this.#shown)}${text === "" ? "\r" : ""}`);
    this.#shown = text.length;
  }
}

function describe({ name, progress, rowsIn, rowsInPerSecond }: PipelineInfo): string {
  const part = `${Math.floor((progress ?? 0) * 100)} %`.padStart(5);
  return `${name}: ${part}, ${count(rowsIn)} rows in, ${count(rowsInPerSecond)} rows/s`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
