/** The worker of an engine, in Deno: as in a page, and with files. */
import { expose } from "comlink";
import { zstdPacker } from "../src/log/packer_deno.ts";
import { TaskHost } from "../src/runtime/task/host.ts";
import { selfChannel } from "../src/runtime/task/self_channel_deno.ts";
import { openColdFile } from "../src/store/cold_file_deno.ts";
import { DenoFileReader } from "../src/source/file_deno.ts";
import { hostParts } from "./parts.ts";

expose(new TaskHost(hostParts(new DenoFileReader(), zstdPacker.pack, openColdFile), selfChannel()));
