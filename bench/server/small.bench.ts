/** P11, the server's half: how soon it is ready after Deno starts, and what it holds in memory when nothing happens. */
import { benchOnce } from "../lib/compare.ts";
import { startServer } from "../../test/e2e/server.ts";

const STARTS = 7, SETTLE_MS = 2000;
const READY_GATE_MS = 600, READY_GOAL_MS = 300, RSS_GATE_MB = 150, RSS_GOAL_MB = 100;

function verdict(value: number, gate: number, goal: number): string {
  return `gate ${gate} ${value <= gate ? "held" : "MISSED"}, goal ${goal} ${value <= goal ? "reached" : "not reached"}`;
}

benchOnce("server ready, and idle memory", async () => {
  const ready: number[] = [];
  let rss = 0;
  for (let i = 0; i < STARTS; i++) {
    const start = performance.now();
    await using server = await startServer();
    ready.push(performance.now() - start);
    if (i < STARTS - 1) continue;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    rss = server.rss() / 1e6;
  }
  const median = ready.sort((a, b) => a - b)[STARTS >> 1];
  console.log(`\nP11: server ready after ${median.toFixed(0)} ms (${verdict(median, READY_GATE_MS, READY_GOAL_MS)})`);
  console.log(`  idle ${rss.toFixed(0)} MB resident (${verdict(rss, RSS_GATE_MB, RSS_GOAL_MB)})`);
});
