// What the kernel module exports, room by room.
export * from "./memory";
export * from "./json/index";
export * from "./csv/index";
export * from "./hash/index";
export * from "./frame/index";
export * from "./batch/index";
export * from "./assign/index";
export * from "./socket/index";
export * from "./expr/index";
export * from "./aggregate/index";
