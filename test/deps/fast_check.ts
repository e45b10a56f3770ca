// Packages that only tests need are named here, with their versions, and not in deno.json: a task installs all that stands there.
import fc from "npm:fast-check@4.10.2";
export type * from "npm:fast-check@4.10.2";
export default fc;
