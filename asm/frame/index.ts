// Frames: batches that leave a kernel's memory, in Arrow's layout. asm/layout.ts draws them.
export { frame_head_size, frame_size, frame_write } from "./write";
export { frame_pieces } from "./pieces";
export { frame_read } from "./read";
