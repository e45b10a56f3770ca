/** A worker as in Deno, which dies when a test tells it to. */
import "../../workers/task_deno.ts";

self.addEventListener("message", ({ data }: MessageEvent) => {
  if (data?.dieOf === undefined) return;
  // Outside of the listener, so that nobody can catch it.
  queueMicrotask(() => {
    throw new Error(data.dieOf);
  });
});
