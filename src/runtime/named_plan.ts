import { RdxError } from "../core/errors.ts";
import { NAME_PATTERN } from "../core/schema.ts";

/** The plan with the name it is deployed under; a plan that says another is refused by the plan's own check. */
export function named(json: unknown, name: string): unknown {
  if (!NAME_PATTERN.test(name)) throw new RdxError("invalid_plan", `Cannot use ${JSON.stringify(name)} as a name`);
  if (typeof json !== "object" || json === null || Array.isArray(json)) return json;
  const given = Object.hasOwn(json, "name") ? (json as { name: unknown }).name : name;
  if (given === name) return { ...json, name };
  const reason = `The plan is named ${JSON.stringify(given)} and was put as ${name}`;
  throw new RdxError("invalid_plan", reason, [{ path: "name", reason }]);
}
