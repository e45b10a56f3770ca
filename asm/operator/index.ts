// What the module of keyed operators exports: those that plans beyond windows over shared slices need. It joins a kernel
// and takes memory from it (memory.ts).
export * from "../group/index";
export * from "../rows/index";
export * from "../rank/index";
export * from "../session/index";
export * from "../over/index";
export * from "../normalize/index";
export * from "../join/index";
export * from "../lookup/index";
export * from "../unnest/index";

/** Where the static data of this module end. */
export function operator_data_end(): usize {
  return __heap_base;
}
