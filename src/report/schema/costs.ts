/** The tables of `causalgate cost` and `causalgate summary`, as `--format csv` prints them. */
import { flopsTable } from "../../cost/flops-table.ts";
import { intensityTable } from "../../cost/intensity-table.ts";
import { kvMemoryTable } from "../../cost/kv-memory-table.ts";
import { memoryTable } from "../../cost/memory-table.ts";
import { paramsTable } from "../../cost/params-table.ts";
import { rooflineTable } from "../../cost/roofline-table.ts";
import { schemaOf } from "./schema.ts";

export const flops = schemaOf(flopsTable);
export const params = schemaOf(paramsTable);
export const memory = schemaOf(memoryTable);
export const kvMemory = schemaOf(kvMemoryTable);
export const intensity = schemaOf(intensityTable);
export const roofline = schemaOf(rooflineTable);
