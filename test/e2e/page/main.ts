import { startEngine } from "../../../web/main.ts";
import { type JobResult, runJob } from "./job.ts";

declare global {
  var runInPage: (workers: number) => Promise<JobResult>;
}

globalThis.runInPage = async (workers) => {
  const engine = await startEngine({ kernel: "/kernel.wasm", worker: "/task.js", workers });
  try {
    return await runJob(engine);
  } finally {
    await engine.close();
  }
};
