import { Breaker } from "../client/http/breaker.ts";
import { checkUrl, headersOf, type Web, WebFailure } from "../client/http/web.ts";
import type { Encoder, OpenEncoder } from "../codec.ts";
import type { Clock } from "../core/clock.ts";
import { RdxError, reasonOf } from "../core/errors.ts";
import type { Column } from "../core/schema.ts";
import type { Log } from "../log.ts";
import type { Guarantee, OutputBatch, Sink, SinkFactory, SinkInput } from "../sink.ts";
import type { Logger } from "../telemetry/log.ts";
import type { SinkMetrics } from "../telemetry/sink_metrics.ts";
import { bodyOf, deliveriesOf, type Delivery, rowsOf } from "./deliveries.ts";
import { readOptions } from "./options.ts";
import { Notes } from "./notes.ts";
import { WebhookMeter } from "./webhook_meter.ts";
import { WEBHOOK_OPTIONS } from "./webhook_options.ts";
import { WebhookOutbox } from "./webhook_outbox.ts";
import { WebhookSender } from "./webhook_sender.ts";

/** What webhooks are made of. */
export interface WebhookParts {
  readonly openWeb: () => Web;
  readonly openEncoder: OpenEncoder;
  /** The logs of a run: of what waits, and of what was delivered. */
  readonly openLog: (run: string, of: "waiting" | "delivered") => Promise<Log<null>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: SinkMetrics;
  readonly log: Logger;
}

/** Options of one webhook. */
interface Options {
  readonly url: URL;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly format: "ndjson" | "json";
  readonly batchRows: number;
  readonly timeoutMs: number;
  readonly isRefusalKept: boolean;
  readonly hasOutbox: boolean;
  readonly kinds: boolean;
  readonly encoder: Encoder;
}

/** Sinks that give rows to servers by POST. */
export function webhookSink(parts: WebhookParts): SinkFactory {
  /** By server: whoever sends there leaves it alone with the others. */
  const breakers = new Map<string, Breaker>();
  return {
    kind: "webhook",
    guarantee: "at least once",
    by: "every request has an idempotency key, which is the same when it comes again",
    options: WEBHOOK_OPTIONS,
    create(given: Readonly<Record<string, unknown>>, columns: readonly Column[], input: SinkInput): Sink {
      const read = readOptions("webhook", WEBHOOK_OPTIONS, given),
        kinds = read.isOn("changelog"),
        text = read.text("url");
      checkUrl(text, `Cannot send rows to ${text}`, "https://host/rows");
      const url = new URL(text), { clock } = parts;
      const breaker = breakers.get(url.origin) ?? new Breaker(clock);
      breakers.set(url.origin, breaker);
      const options: Options = {
        url,
        headers: read.object("headers"),
        format: read.text("format") as "ndjson" | "json",
        batchRows: read.number("batch_rows"),
        timeoutMs: read.number("timeout_ms"),
        isRefusalKept: read.text("on_refused") === "dead_letter",
        hasOutbox: read.isOn("outbox"),
        kinds,
        encoder: parts.openEncoder("ndjson", columns, { kinds }),
      };
      return new WebhookSink(options, input, parts, breaker);
    },
  };
}

/**
 * Sends the rows of each output, in order, until the receiver has taken them. Requests have the key `pipeline/node/run/number/ordinal`, which is the same whenever they come again; what was
 * delivered is noted in a log of its own, so that a restart sends again no more than what was under way.
 */
class WebhookSink implements Sink {
  readonly guarantee: Guarantee = "at least once";
  readonly #options: Options;
  readonly #input: SinkInput;
  readonly #parts: WebhookParts;
  readonly #web: Web;
  readonly #meter: WebhookMeter;
  readonly #sender: WebhookSender;
  readonly #givingUp = new AbortController();
  #headers: Readonly<Record<string, string>> = {};
  #run = "";
  /** They are closed with the sink. */
  readonly #logs: Log<null>[] = [];
  /** What has been delivered: outputs, or offsets of the outbox. */
  #notes: Notes | null = null;
  #outbox: WebhookOutbox | null = null;
  /** Delivers what waits in the outbox. */
  #delivering: Promise<void> = Promise.resolve();
  #failure: unknown = null;

  constructor(options: Options, input: SinkInput, parts: WebhookParts, breaker: Breaker) {
    const { clock, random, metrics, log } = parts, web = parts.openWeb();
    this.#options = options;
    this.#input = input;
    this.#parts = parts;
    this.#web = web;
    this.#meter = new WebhookMeter(input.pipeline, input.node, metrics, log);
    const { timeoutMs } = options, meter = this.#meter;
    this.#sender = new WebhookSender({ web, clock, random, breaker, meter, timeoutMs });
  }

  /** Throws RdxError("invalid_plan") for an address that may not be asked and a header whose value is not there. */
  async check(): Promise<void> {
    const { url, headers, format } = this.#options;
    await this.#web.check(url);
    const type = format === "json" ? "application/json" : "application/x-ndjson";
    this.#headers = await headersOf(this.#web, url.href, headers, { "content-type": type });
  }

  /** Throws what `check` throws, and RdxError("conflict") when what waited is gone. */
  async open(place?: unknown): Promise<number> {
    const { hasOutbox } = this.#options;
    const { run, number = -1 } = (place ?? {}) as { readonly run?: string; readonly number?: number };
    await this.check();
    this.#run = run ?? crypto.randomUUID();
    const notes = this.#notes = new Notes(await this.#openLog("delivered"));
    if (!hasOutbox) return notes.last;
    const outbox = this.#outbox = await WebhookOutbox.open(await this.#openLog("waiting"), notes);
    if (outbox.last < number) {
      await this.#closeLogs();
      const reason =
        "Rows that waited for their receiver are gone: put the data directory back that has them, or deploy afresh";
      throw new RdxError("conflict", reason, [{ path: "sink.outbox", reason }]);
    }
    this.#delivering = this.#deliverAll(outbox).catch((thrown) => void (this.#failure = thrown));
    return outbox.last;
  }

  async #openLog(of: "waiting" | "delivered"): Promise<Log<null>> {
    const log = await this.#parts.openLog(this.#run, of);
    this.#logs.push(log);
    return log;
  }

  async #closeLogs(): Promise<void> {
    this.#notes = null;
    await Promise.all(this.#logs.splice(0).map((log) => log.close()));
  }

  get place(): unknown {
    return { run: this.#run, ...(this.#outbox ? { number: this.#outbox.last } : {}) };
  }

  get trouble(): string | null {
    return this.#failure === null ? this.#sender.trouble : reasonOf(this.#failure);
  }

  async write(output: OutputBatch): Promise<void> {
    const notes = this.#notes, { encoder, kinds, batchRows } = this.#options, outbox = this.#outbox;
    if (!notes) throw new RdxError("internal", `The webhook ${this.#input.node} is not open`);
    if (this.#failure !== null) throw this.#failure;
    if (output.rows === 0) return;
    const deliveries = deliveriesOf(output, encoder, kinds, batchRows);
    if (outbox) {
      await outbox.put(output.number, [...deliveries], this.#givingUp.signal);
      this.#meter.waiting(outbox.size);
      return;
    }
    for (const delivery of deliveries) await this.#deliver(delivery);
    // Where this is lost, the output is sent again under the same keys.
    notes.note(output.number);
  }

  async #deliverAll(outbox: WebhookOutbox): Promise<void> {
    const { signal } = this.#givingUp;
    for (let next = await outbox.next(signal); next; next = await outbox.next(signal)) {
      await this.#deliver(next);
      outbox.delivered(next);
      this.#meter.waiting(outbox.size);
    }
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { url, format, isRefusalKept } = this.#options, { pipeline, node, refuse } = this.#input;
    const { number, ordinal } = delivery, key = [pipeline, node, this.#run, number, ordinal].join("/");
    const headers = {
      ...this.#headers,
      "idempotency-key": key,
      "rdx-number": String(number),
      "rdx-ordinal": String(ordinal),
    };
    const reason = await this.#send(() =>
      this.#sender.send({ url, headers, body: bodyOf(delivery, format) }, this.#givingUp.signal)
    );
    if (reason === null) return;
    if (!isRefusalKept) throw new RdxError("internal", `Rows are refused: ${reason}`);
    await refuse?.({ number, ordinal, rows: rowsOf(delivery), reason }, this.#run);
  }

  async #send<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (thrown) {
      throw thrown instanceof WebFailure ? new RdxError("internal", `Rows cannot be sent: ${thrown.message}`) : thrown;
    }
  }

  /** Behind what waits: whoever has no time for that gives up. */
  async close(): Promise<void> {
    if (!this.#notes) return;
    this.#outbox?.end();
    await this.#delivering;
    this.#meter.close();
    this.#web.close();
    await this.#closeLogs();
    if (this.#failure !== null && !this.#givingUp.signal.aborted) throw this.#failure;
  }

  giveUp(): void {
    this.#givingUp.abort(new RdxError("closing", "Nobody waits for the receiver any more"));
  }
}
