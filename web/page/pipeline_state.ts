import { setText } from "../components/dom.ts";
import { cut, formatBytes, formatDuration } from "../model/format.ts";
import type { OperatorStateJson, PipelineStateJson } from "../page_model/answers.ts";
import { short } from "../page_model/format.ts";
import type { Ground } from "./app.ts";
import { el, type Part, show } from "./dom.ts";
import { section, table, text } from "./parts.ts";
import { stateLook } from "./state_look.ts";

/** Hot keys that a line shows, and characters of one of them. */
const KEYS_SHOWN_MAX = 3, KEY_CHARACTERS_MAX = 40;

/** What the operators of a pipeline keep, and its newest checkpoint; hidden where there is neither. */
export function statePart(pipeline: string, ground: Ground): Part<PipelineStateJson> {
  const { link } = ground, look = stateLook(pipeline, ground);
  const rows = table<OperatorStateJson>("State by operator", ({ node }) => node, [
    { title: "Operator", cell: text(({ node, op }) => node === op ? node : `${node} (${op})`) },
    { title: "By", cell: text(({ keys }) => keys.length > 0 ? keys.join(", ") : "–") },
    { title: "Rows", number: true, cell: text(({ rows }) => short(rows)) },
    { title: "Memory", number: true, cell: text(({ bytes }) => formatBytes(bytes)) },
    { title: "Kept", cell: text(({ ttl_ms: ttl }) => ttl === null ? "–" : formatDuration(ttl)) },
    { title: "Most rows lately", class: "wrap", cell: text(hotText) },
  ]);
  const checkpoint = el("p", { class: "dim" }), node = section("State", rows.node, look.node, checkpoint);
  show(node, false);
  return {
    node,
    update(state) {
      show(node, state.operators.length > 0 || state.checkpoint !== null);
      show(rows.node, state.operators.length > 0);
      rows.update(state.operators);
      look.update(state.operators);
      setText(checkpoint, checkpointText(state.checkpoint, link.now()));
      show(checkpoint, state.checkpoint !== null);
    },
  };
}

function hotText({ hot }: OperatorStateJson): string {
  const keys = hot.flatMap((input) => input.keys).sort((a, b) => b.share - a.share).slice(0, KEYS_SHOWN_MAX);
  const each = keys.map(({ key, share }) => {
    return `${cut(Object.values(key).map(String).join(", "), KEY_CHARACTERS_MAX)} ${Math.round(share * 100)} %`;
  });
  return each.length > 0 ? each.join(" · ") : "–";
}

function checkpointText(checkpoint: PipelineStateJson["checkpoint"], nowMs: number): string {
  if (checkpoint === null) return "";
  const { number, taken_at: at, bytes, problem, passed_over: passedOver = null } = checkpoint;
  const said = [problem, passedOver].filter((one) => one !== null).join(". ");
  if (number === null || at === null) return said || "No checkpoint yet";
  const age = formatDuration(Math.max(0, nowMs - Date.parse(at)));
  const written = bytes === null ? "" : `, ${formatBytes(bytes)} written for it`;
  return `Last checkpoint: number ${number}, ${age} ago${written}${said && `. ${said}`}`;
}
