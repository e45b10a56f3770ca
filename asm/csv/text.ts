// Memory for text that does not stand in the input as it is: unescaped quotes and decoded base64.
import { arena_alloc } from "../memory";

/** What is taken from the arena at a time. */
const CHUNK_BYTES: usize = 65536;

let free: usize = 0;
let freeEnd: usize = 0;

/** Forgets what was left of the last batch's arena. */
export function text_begin(): void {
  free = freeEnd = 0;
}

/** Room for `bytes` that lives as long as the batch; 0 when the memory is full. */
export function text_alloc(bytes: usize): usize {
  if (freeEnd - free < bytes) {
    const size = max<usize>(bytes, CHUNK_BYTES);
    free = arena_alloc(size);
    if (!free) {
      freeEnd = 0;
      return 0;
    }
    freeEnd = free + size;
  }
  const address = free;
  free += bytes;
  return address;
}
