// Packages that only tests need are named in this folder, with their versions, and locked by test/deno.lock: a task installs all that
// stands in deno.json or deno.lock.
import fc from "npm:fast-check@4.10.2";
export type * from "npm:fast-check@4.10.2";
export default fc;
