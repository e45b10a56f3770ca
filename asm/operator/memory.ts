// What asm/memory.ts is for keyed operators: they live in a module of their own and take memory from the kernel that they
// joined (scripts/build.ts puts this file in its place). What each does is said there.

@external("env", "block_alloc")
export declare function block_alloc(bytes: usize): usize;

@external("env", "block_free")
export declare function block_free(address: usize, bytes: usize): void;

@external("env", "block_size")
export declare function block_size(bytes: usize): usize;

@external("env", "block_is_new")
export declare function block_is_new(): bool;

@external("env", "state_alloc")
export declare function state_alloc(bytes: usize): usize;

@external("env", "state_force")
export declare function state_force(bytes: usize): usize;

@external("env", "state_free")
export declare function state_free(address: usize, bytes: usize): void;

@external("env", "state_room")
export declare function state_room(): usize;

@external("env", "arena_alloc")
export declare function arena_alloc(bytes: usize): usize;

/** Where the arena stands; giving back to it frees what was taken since. */
@external("env", "arena_mark")
export declare function arena_mark(): f64;
@external("env", "arena_release")
export declare function arena_release(mark: f64): void;
