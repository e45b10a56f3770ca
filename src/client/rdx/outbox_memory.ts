import type { Outbox, OutboxBatch } from "./types.ts";

/** A name that no other producer has. `crypto.randomUUID` is missing in pages that came by plain HTTP. */
export function newProducer(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `rdx-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const nothing = () => Promise.resolve();

/** Batches live as long as the writer that holds them: nothing has to be kept beside it. */
export function memoryOutbox(): Outbox {
  return {
    open: () => Promise.resolve({ producer: newProducer(), next: 0, batches: [] as OutboxBatch[] }),
    append: nothing,
    forget: nothing,
    rename: nothing,
    close: nothing,
  };
}
