/**
 * Memory for a frame that goes from thread to thread and comes back. Where threads may share memory a message only names it: nothing is transferred, and its
 * bytes move no garbage collector to run, as those of an ArrayBuffer do wherever it arrives. Elsewhere, in a page that is not isolated, it is an ArrayBuffer.
 * Either kind is of whoever has had it last in a message.
 */
export function frameMemory(bytes: number): ArrayBuffer {
  // Views of both read and write alike, and nothing else is done with a frame
  return typeof SharedArrayBuffer === "undefined"
    ? new ArrayBuffer(bytes)
    : new SharedArrayBuffer(bytes) as unknown as ArrayBuffer;
}

/** Whether threads share it. */
export function isShared(frame: ArrayBuffer): boolean {
  return !(frame instanceof ArrayBuffer);
}

/** Those of the buffers in a message that it has to transfer. */
export function toTransfer(frames: readonly ArrayBuffer[]): ArrayBuffer[] {
  return frames.filter((frame) => !isShared(frame));
}
