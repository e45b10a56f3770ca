import { REPORTS_HELD_MAX } from "../../core/limits.ts";
import { packReports } from "../report_wire.ts";
import type { FromTask } from "../protocol.ts";

/**
 * Sends what the tasks of a worker report, once a turn of the event loop at most: a message between threads costs tens of microseconds,
 * whatever is in it. Reports without results wait for a later turn while their task is certain to report again.
 */
export class ReportPort {
  readonly #port: MessagePort;
  #reports: FromTask[] = [];
  #transfer: ArrayBuffer[] = [];
  /** By pipeline, what its task said last of going on. */
  readonly #goesOn = new Map<number, boolean>();
  #asked = false;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /** `goesOn`: the task will report again without being asked for anything more. */
  send(report: FromTask, transfer: readonly ArrayBuffer[], goesOn: boolean): void {
    this.#reports.push(report);
    this.#transfer.push(...transfer);
    this.#goesOn.set(report.pipeline, goesOn && report.kind === "done");
    if (this.#asked) return;
    this.#asked = true;
    queueMicrotask(() => this.#turn());
  }

  #turn(): void {
    this.#asked = false;
    const held = this.#transfer.length === 0 && this.#reports.length < REPORTS_HELD_MAX;
    if (held && [...this.#goesOn.values()].every((goesOn) => goesOn)) return;
    const reports = this.#reports, transfer = this.#transfer;
    this.#reports = [];
    this.#transfer = [];
    this.#goesOn.clear();
    this.#port.postMessage(packReports(reports), transfer);
  }
}
