import type { EngineService, PipelineInfo } from "../runtime/service.ts";
import type { ProgressLine } from "./progress.ts";

/** How often a run is looked at: short runs end soon, long ones are not disturbed. */
const LOOK_MS_MIN = 5;
const LOOK_MS_MAX = 200;

/** Waits until a pipeline has ended or the call is interrupted, and shows how far it is. `part`: how much of its input has been sent, 0 to 1. */
export async function untilDone(
  engine: EngineService,
  name: string,
  progress: ProgressLine,
  interrupted: () => boolean,
  part: () => number | null = () => null,
): Promise<PipelineInfo> {
  for (let ms = LOOK_MS_MIN;; ms = Math.min(LOOK_MS_MAX, ms * 2)) {
    const info = engine.pipelines.get(name);
    if (info.state === "completed" || info.state === "failed" || info.state === "stopped" || interrupted()) return info;
    progress.show({ ...info, progress: info.progress ?? part() });
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}
