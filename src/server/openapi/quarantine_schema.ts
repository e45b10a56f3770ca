import type { JsonSchema } from "../../plan/json_schema.ts";
import { count, list, object, orNull, text } from "./build.ts";

/** Chunks that a pipeline goes on without. */
export const QUARANTINED: JsonSchema = list(
  object({
    number: count("The number of the pipeline's order that the chunk is"),
    source: text("The node of the plan that read it"),
    input: text("What from: a stream, or the path of a file"),
    from: count("Its first offset there"),
    to: count("The offset behind its last"),
    node: orNull({ type: "string" }, "The node whose operator ran last when it broke"),
    reason: { type: "string" },
    at: { type: "string", format: "date-time" },
  }),
  "Chunks that broke it again and again: it goes on without them, and rows of streams are dead letters",
);
