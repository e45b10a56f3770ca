import { compactNumber, formatBytes, formatDuration, formatNumber } from "../model/format.ts";
import type { CheckpointJson, WatermarkJson } from "./answers.ts";

/** A count: in full below 10,000, then short. */
export function short(value: number): string {
  return Math.abs(value) < 10_000 ? formatNumber(value) : compactNumber(value);
}

/** A rate: one digit behind the point where it is small. */
export function rate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : short(Math.round(value));
}

/** How long something took: with a digit behind the point below 10 ms. */
export function latency(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : formatDuration(ms);
}

/** A watermark to the second, in UTC. */
export function watermarkText(watermark: WatermarkJson): string {
  if (watermark === null) return "no rows yet";
  if (watermark === "infinity") return "end of input";
  return watermark.slice(0, 19).replace("T", " ");
}

/** How old the newest checkpoint is, its number and its bytes; or why there is none, or none newer. */
export function checkpointFigure(
  checkpoint: CheckpointJson | null,
  nowMs: number,
): { value: string; note: string; tone: string } {
  if (checkpoint === null) return { value: "–", note: "nothing is kept", tone: "" };
  const { number, taken_at: at, bytes, problem } = checkpoint;
  const value = at === null ? "–" : formatDuration(Math.max(0, nowMs - Date.parse(at)));
  if (problem !== null) return { value, note: problem, tone: "warn" };
  if (number === null) return { value, note: "none yet", tone: "" };
  return { value, note: `ago: number ${number}${bytes === null ? "" : `, ${formatBytes(bytes)}`}`, tone: "" };
}

/** How far a watermark is behind `nowMs`; empty where that says nothing. */
export function watermarkLag(watermark: WatermarkJson, nowMs: number): string {
  const at = watermark === null ? NaN : Date.parse(watermark);
  if (Number.isNaN(at)) return "";
  return at > nowMs ? `${formatDuration(at - nowMs)} ahead` : `${formatDuration(nowMs - at)} behind`;
}

/** A lag beyond this is that of a replay: the time itself says more. */
const REPLAY_LAG_MS = 48 * 3_600_000;

/** A watermark as a figure: its lag large and the time below, or the other way round where old rows are replayed. */
export function watermarkFigure(watermark: WatermarkJson, nowMs: number): { value: string; note: string } {
  const lag = watermarkLag(watermark, nowMs), text = watermarkText(watermark);
  if (lag === "") return { value: text, note: "" };
  const replay = Math.abs(nowMs - Date.parse(watermark!)) > REPLAY_LAG_MS;
  return replay ? { value: text.slice(0, 16), note: lag } : { value: lag, note: text };
}

/** `1 row`, `2 rows`. */
export function plural(count: number, one: string): string {
  return `${formatNumber(count)} ${one}${count === 1 ? "" : "s"}`;
}
