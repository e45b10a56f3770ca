import { setText } from "../components/dom.ts";
import type { StreamJson } from "../page_model/answers.ts";
import { firstLines } from "../page_model/snippets.ts";
import type { Ground } from "./app.ts";
import { el, type Part, show } from "./dom.ts";
import { PACES } from "./flights.ts";
import { copyBox } from "./parts.ts";

/** Three ways to begin. Where something runs already they are folded away below it. */
export function emptyState(ground: Ground): Part<{ nothing: boolean; streams: readonly StreamJson[] }> {
  const curl = copyBox("A curl line that sends a first row"), demo = flightsCard(ground);
  const lead = el("p", { class: "lead" }, "Nothing runs here yet. Three ways to begin:");
  const cards = el(
    "div",
    { class: "cards" },
    card("Send a first row", "A stream is made at its first row. Its page then shows what came in.", curl.node),
    demo.node,
    card(
      "Write a pipeline",
      "Windows, joins, filters and totals over your streams, in SQL or as a plan in JSON. Mistakes are shown where they are.",
      el("a", { class: "button", href: "#/new" }, "Write a pipeline"),
    ),
  );
  const more = el("details", { class: "more-ways" }, el("summary", {}, "Add something"));
  const node = el("div", { class: "empty", hidden: true }, lead, more, cards);
  return {
    node,
    update({ nothing, streams }) {
      const { origin, token } = ground.link;
      show(node, true);
      show(lead, nothing);
      show(more, !nothing);
      const home = nothing ? node : more;
      if (cards.parentElement !== home) home.append(cards);
      curl.update(firstLines(origin, token !== null));
      demo.update(streams.some(({ name }) => name === "flights"));
    },
  };
}

function card(title: string, about: string, ...children: HTMLElement[]): HTMLElement {
  return el("section", { class: "card", "aria-label": title }, el("h2", {}, title), el("p", {}, about), ...children);
}

/** Plays recorded flights. The item says whether they are there already. */
function flightsCard({ flights }: Ground): Part<boolean> {
  const pace = el(
    "select",
    { id: "pace" },
    PACES.map(({ title, wholeMs }) => el("option", { value: wholeMs, selected: title === flights.pace.title }, title)),
  );
  const start = el("button", { type: "button", class: "primary" }), there = el("p", { class: "dim", hidden: true });
  start.addEventListener("click", () => void flights.start(PACES[pace.selectedIndex]));
  const node = card(
    "Load the real flights",
    "20,000 flights within the USA in early 2001, played in event time: delays by origin, hour by hour and over a day.",
    there,
    el("div", { class: "row" }, el("label", { for: "pace" }, "All of it in"), pace),
    start,
  );
  return {
    node,
    update(exists) {
      setText(
        there,
        "The stream flights is here already. Starting over deletes it, with its two pipelines and their views.",
      );
      show(there, exists && !flights.running);
      setText(start, flights.running ? "Flights are playing" : exists ? "Start over" : "Load the real flights");
      start.disabled = flights.running;
    },
  };
}
