/** The published tables of the cost model: for each its columns and the maker of its rows. */
export * from "./flops-table.ts";
export * from "./kv-memory-table.ts";
export * from "./params-table.ts";
export * from "./roofline-table.ts";
export type { Cell, NamedConfig, Row } from "./row.ts";
