import type { ErrorDetail } from "../../src/core/errors.ts";
import type { Range } from "../page_model/json_text.ts";
import { el } from "./dom.ts";
import { sentence } from "./parts.ts";

/** An error with its place; where the text has the place, a click goes there. */
export function errorItem(
  { node, path, line, column, reason, hint }: ErrorDetail,
  at: Range | null,
  go: () => void,
): HTMLElement {
  const places = [
    node === undefined ? "" : `node ${node}`,
    path ?? "",
    line === undefined ? "" : `line ${line}, column ${column}`,
  ].filter(Boolean).join(" · ");
  const said = [
    places === "" ? null : el("code", {}, places),
    el("span", {}, sentence(reason)),
    hint === undefined ? null : el("span", { class: "dim" }, sentence(hint)),
  ];
  return el(
    "li",
    {},
    at ? el("button", { type: "button", class: "error", click: go }, said) : el("div", { class: "error" }, said),
  );
}
