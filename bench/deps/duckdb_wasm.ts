export * from "npm:@duckdb/duckdb-wasm@1.32.0/blocking";

const PACKAGE = "npm:@duckdb/duckdb-wasm@1.32.0/dist/";

/** Paths of DuckDB's modules, as createDuckDB takes them. */
export function bundles() {
  const bundle = (kind: string) => ({
    mainModule: new URL(import.meta.resolve(`${PACKAGE}duckdb-${kind}.wasm`)).pathname,
    mainWorker: "",
  });
  return { mvp: bundle("mvp"), eh: bundle("eh") };
}
