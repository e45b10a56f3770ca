/**
 * The library: build pipelines and run them in this process, in Deno or in a page.
 *
 * @module
 */
export * from "./builder/mod.ts";
export { Engine, type EngineParts } from "./runtime/engine.ts";
export type * from "./runtime/service.ts";
export type {
  BatchArrays,
  BatchColumn,
  BatchFunction,
  BatchKind,
  BatchResult,
  FunctionReference,
} from "./core/user_function.ts";
export { RdxError } from "./core/errors.ts";
