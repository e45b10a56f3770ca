/** The worker of an engine, in a page: everything but files. */
import { expose } from "comlink";
import { hostParts } from "./parts.ts";
import { TaskHost } from "../src/runtime/task/host.ts";

expose(new TaskHost(hostParts(null)));
