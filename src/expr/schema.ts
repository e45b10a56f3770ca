import { CALL_ARGS_MAX } from "../core/limits.ts";
import { TYPE_FORMS, TYPE_PATTERN } from "../core/schema.ts";
import { FUNCTIONS } from "./functions.ts";
import { BATCH_TYPES, USER_NAME } from "./user_function.ts";

const USER_TYPE = { type: "string", enum: BATCH_TYPES };

const TYPE = {
  type: "string",
  pattern: TYPE_PATTERN,
  description: TYPE_FORMS,
};

/**
 * JSON Schema (draft 2020-12) of the JSON form of expressions, for a place where `reference` points at it. Types, columns
 * and numbers of arguments are checked by compileExpression.
 */
export function expressionSchema(reference = "#/$defs/expression"): Record<string, unknown> {
  return {
    description: "An expression over the columns of a row",
    oneOf: [
      {
        type: "object",
        description: "A column by its name",
        properties: { column: { type: "string" } },
        required: ["column"],
        additionalProperties: false,
      },
      {
        type: "object",
        description: "A value; whole numbers are int64, other numbers double, if no type says more",
        properties: { literal: {}, type: TYPE },
        required: ["literal"],
        additionalProperties: false,
      },
      {
        type: "object",
        description: "A function applied to arguments; a cast names its type, json_value may",
        properties: {
          call: {
            type: "string",
            enum: [...FUNCTIONS.keys()],
            enumDescriptions: [...FUNCTIONS.values()].map(({ signature, summary }) => `${signature} — ${summary}`),
            description: "The function's name",
          },
          args: { type: "array", items: { $ref: reference }, maxItems: CALL_ARGS_MAX },
          type: TYPE,
        },
        required: ["call", "args"],
        additionalProperties: false,
      },
      {
        type: "object",
        description: "A user function applied to arguments",
        properties: {
          call: { type: "string", pattern: USER_NAME.source, description: "What it is called here" },
          args: { type: "array", items: { $ref: reference }, maxItems: CALL_ARGS_MAX },
          function: {
            type: "object",
            description: "Where it is, and what it takes and gives",
            properties: {
              module: {
                type: "string",
                description: "The URL of a module of TypeScript or JavaScript: file:///…/score.ts",
              },
              export: { type: "string", description: "The name under which the module exports it" },
              takes: { type: "array", items: USER_TYPE, maxItems: CALL_ARGS_MAX },
              returns: USER_TYPE,
            },
            required: ["module", "export", "takes", "returns"],
            additionalProperties: false,
          },
        },
        required: ["call", "args", "function"],
        additionalProperties: false,
      },
    ],
  };
}
