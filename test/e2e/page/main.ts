import { startEngine } from "../../../web/main.ts";
import { runJob } from "./job.ts";

globalThis.runInPage = async (workers) => {
  const engine = await startEngine({ kernel: "/kernel.wasm", worker: "/task.js", workers });
  try {
    return await runJob(engine);
  } finally {
    await engine.close();
  }
};
