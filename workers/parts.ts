import { openDecoder } from "../src/codec/decoder.ts";
import { schemaInference as inference } from "../src/codec/infer.ts";
import { rowLocator as locator } from "../src/codec/row_places.ts";
import { createOperator } from "../src/operator/create.ts";
import { makeLines } from "../src/source/made.ts";
import type { HostParts } from "../src/runtime/task/host.ts";
import type { FileReader } from "../src/source.ts";

/** What tasks are made of, on every platform. `files`, `pack` and `openColdFile` are null where there are none. */
export function hostParts(
  files: FileReader | null,
  pack: HostParts["pack"] = null,
  openColdFile: HostParts["openColdFile"] = null,
): HostParts {
  const importModule = (url: string) => import(url);
  return { openDecoder, createOperator, inference, locator, makeLines, files, importModule, pack, openColdFile };
}
