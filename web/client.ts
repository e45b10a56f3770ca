/**
 * The client for pages, as `dist/rdx-client.js`:
 *
 *   import { connect, indexedDbOutbox } from "https://rdx.example/assets/rdx-client.js";
 *   const writer = await connect("https://rdx.example").writer("clicks", { outbox: indexedDbOutbox() });
 *   await writer.write({ ts: Date.now(), path: location.pathname });
 */
export * from "../src/client/rdx/mod.ts";
export { indexedDbOutbox } from "./outbox_idb.ts";
