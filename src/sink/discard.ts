import type { Guarantee, Sink, SinkFactory } from "../sink.ts";
import { optionsSchema, readOptions } from "./options.ts";

const OPTIONS = optionsSchema({});

/** Sinks that take rows and keep nothing: for measuring, and for plans whose only effect is their state. */
export function discardSink(): SinkFactory {
  return {
    kind: "discard",
    changes: "all",
    guarantee: "effectively once",
    by: "nothing is kept",
    options: OPTIONS,
    create(options) {
      readOptions("discard", OPTIONS, options);
      return new DiscardSink();
    },
  };
}

class DiscardSink implements Sink {
  readonly guarantee: Guarantee = "effectively once";

  open(): Promise<number> {
    return Promise.resolve(-1);
  }

  write(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
