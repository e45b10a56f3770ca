import type { JsonSchema } from "../../plan/json_schema.ts";
import { type ProblemCode, PROBLEMS } from "../problems.ts";
import { ref } from "./build.ts";

/** What may become of a body that changes something. */
export const BODY_PROBLEMS: readonly ProblemCode[] = [
  "timeout",
  "conflict",
  "too_large",
  "unsupported_type",
  "invalid_plan",
  "busy",
  "closing",
];

/** One way to call one path. */
export interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: "streams" | "pipelines" | "views" | "server";
  readonly parameters?: readonly Parameter[];
  /** The body's types and their schemas. */
  readonly body?: Readonly<Record<string, JsonSchema>>;
  readonly bodyOptional?: true;
  /** Statuses of success, with what the answer's types hold. */
  readonly answers: Readonly<Record<number, { description: string; content?: Readonly<Record<string, JsonSchema>> }>>;
  /** Problems that are this operation's own, beside those that every operation may have. */
  readonly problems: readonly ProblemCode[];
  /** False: works without the token. */
  readonly secured?: false;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly description: string;
  readonly required?: boolean;
  readonly schema: JsonSchema;
  readonly explode?: boolean;
}

export type Operations = Readonly<
  Record<string, Readonly<Partial<Record<"get" | "put" | "post" | "delete", Operation>>>>
>;

export function name(what: string): Parameter {
  const schema: JsonSchema = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_.-]{0,127}$" };
  return { name: "name", in: "path", required: true, description: `The ${what}'s name`, schema };
}

export function query(parameter: string, description: string, schema: JsonSchema): Parameter {
  return { name: parameter, in: "query", description, schema };
}

export const RENDERING: readonly Parameter[] = [
  query("int64", "string: int64 values as JSON strings", { enum: ["number", "string"], default: "number" }),
  query("time", "ms: timestamps as epoch milliseconds", { enum: ["iso", "ms"], default: "iso" }),
];

/** An answer in JSON. */
export function answer(description: string, schema: string) {
  return { description, content: { "application/json": ref(schema) } };
}

/** Problems that every operation may end in. */
const ALWAYS: readonly ProblemCode[] = ["invalid", "unauthorized", "forbidden", "internal"];

/** What its path answers every method that is not described. */
const OTHER_METHODS = {
  description: "Another method than those that the path has",
  headers: { Allow: { description: "The methods of the path", schema: { type: "string" } } },
  content: contentJson({ "application/problem+json": ref("problem") }),
};

/** The operation as OpenAPI writes it. */
export function operationJson(operation: Operation): Record<string, unknown> {
  const { id, summary, description, tag, parameters, body, bodyOptional = false, answers, problems, secured } =
    operation;
  const responses: Record<string, unknown> = {};
  for (const [status, { description, content }] of Object.entries(answers)) {
    responses[status] = { description, ...(content ? { content: contentJson(content) } : {}) };
  }
  for (const code of new Set([...ALWAYS, ...problems])) {
    const { status, title } = PROBLEMS[code];
    responses[status] = { description: title, content: contentJson({ "application/problem+json": ref("problem") }) };
  }
  responses[PROBLEMS.method_not_allowed.status] = OTHER_METHODS;
  return {
    operationId: id,
    summary,
    ...(description ? { description } : {}),
    tags: [tag],
    ...(parameters ? { parameters } : {}),
    ...(body ? { requestBody: { required: !bodyOptional, content: contentJson(body) } } : {}),
    responses,
    ...(secured === false ? { security: [] } : {}),
  };
}

function contentJson(content: Readonly<Record<string, JsonSchema>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));
}
