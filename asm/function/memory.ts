// What asm/memory.ts is for the functions: they live in a module of their own and take memory from the kernel that
// they joined (scripts/build.ts puts this file in its place).

/** Takes memory that lives until the batch ends; aligned to 64. 0 when the memory's maximum is reached. */
@external("env", "arena_alloc")
export declare function arena_alloc(bytes: usize): usize;
