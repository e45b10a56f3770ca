import type { OrderLog } from "../log.ts";

/** Keeps no order: for pipelines whose state does not outlive the process, so that nobody will replay them. */
export const forgetfulOrder: OrderLog = { append() {}, durable: () => null, close: () => Promise.resolve() };
