/**
 * What the rows of all published tables share. A row is a plain object whose keys are the columns,
 * in order; counts are exact integers (bigint); null is a cell that does not apply.
 */
import type { ModelConfig } from "../model/config.ts";

export type Cell = string | number | bigint | boolean | null;
export type Row<Column extends string> = Readonly<Record<Column, Cell>>;

/** A configuration and the name that its rows carry. */
export interface NamedConfig {
  readonly name: string;
  readonly config: ModelConfig;
}

/** Grows when a column changes its meaning. */
export const schemaVersion = 1;
