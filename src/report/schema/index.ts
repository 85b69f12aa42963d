/** Every CSV that the project writes: its columns, in order, and what their cells may hold. */
import * as bench from "./bench.ts";
import * as costs from "./costs.ts";
import * as demo from "./demo.ts";
import type { RowOf } from "./schema.ts";
import * as training from "./training.ts";
import * as verdicts from "./verdicts.ts";

export const schemas = { ...verdicts, ...bench, ...costs, ...demo, ...training };

export type TableName = keyof typeof schemas;

export type TableRow<Name extends TableName> = RowOf<(typeof schemas)[Name]["types"]>;
