export * from "npm:@duckdb/node-api@1.5.4-r.1";
