import { LOOK_ROWS_DEFAULT, LOOK_ROWS_MAX } from "../../core/limits.ts";
import { answer, name, type Operation, type Parameter, query, RENDERING } from "./operations.ts";

function path(parameter: string, description: string): Parameter {
  return { name: parameter, in: "path", required: true, description, schema: { type: "string" } };
}

export const LOOK_TABLE = path("table", "One of its tables, as the state of the pipeline tells them");

/** A look at rows of a node's state. */
export function lookOperation(id: string, parameters: readonly Parameter[]): Operation {
  return {
    id,
    summary: "Rows that a node of a pipeline keeps, as they are now: those of a key, or the first ones",
    description:
      "Without a table it is that of the node's keys: groups, slices of windows, sessions, or rows. What aggregates keep is told as what they have come to. " +
      "The answer tells the number of the pipeline's order behind which it is so; rows of several workers without a key are of the least of their numbers, " +
      "or of one shortly behind it. It does not hold the pipeline up.",
    tag: "pipelines",
    parameters: [
      name("pipeline"),
      path("node", "A node of the plan that keeps something"),
      ...parameters,
      query("key", "The key as a JSON value, or as an array of the values of its columns; default: the first rows", {
        type: "string",
      }),
      query("limit", "Rows at most", {
        type: "integer",
        minimum: 1,
        maximum: LOOK_ROWS_MAX,
        default: LOOK_ROWS_DEFAULT,
      }),
      query(
        "internal",
        "With the columns that the node keeps for itself, which begin with $, and states of aggregates",
        {
          type: "boolean",
          default: false,
        },
      ),
      ...RENDERING,
    ],
    answers: { 200: answer("The rows", "pipeline_look") },
    problems: ["not_found", "conflict", "no_space"],
  };
}
