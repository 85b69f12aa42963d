/** Comparison of two kill matrices: no mutant and no detection of an older run may be lost. */
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { textTable } from "../../src/io/text-table.ts";
import { formerCodes } from "../../src/laws/former-codes.ts";

/** The former codes of checks, as {@link formerCodes} has those of laws. */
const formerCheckCodes: Readonly<Record<string, string>> = {
  GOLDEN: "golden-logits",
  LORA: "lora-adapters",
  "LOAD-FOLDER": "load-hugging-face",
  "LOAD-GGUF": "load-gguf",
  "LOAD-GGUF-FEW-BITS": "load-gguf-quantised",
  "LOAD-LLAMA2C": "load-llama2c",
  "LOAD-MINGPT": "load-mingpt",
  "LOAD-WORDS": "load-config-words",
  "LOAD-FLOATS": "load-floats",
  "LOAD-REFUSALS": "load-refusals",
  "COST-GOLDEN": "cost-golden",
  "COST-TRAFFIC": "cost-traffic",
  "COST-BATCH": "cost-batch",
  "COST-RANKS": "cost-ranks",
  "COST-COUNTED": "cost-counted",
  "COST-LOOP": "cost-generation-loop",
  "GRAD-DIFF": "gradient-differences",
  "GRAD-DUAL": "gradient-dual-numbers",
  "GRAD-ZERO": "gradient-zeros",
  "GRAD-CAUS": "gradient-causality",
  "GRAD-WINDOW": "gradient-window",
  "GRAD-SUM": "gradient-sums",
  "GRAD-IGNORE": "gradient-ignored-labels",
  "GRAD-TIED": "gradient-tied-weights",
  "GRAD-FROZEN": "gradient-frozen-weights",
  "GRAD-DROP": "gradient-dropout",
  "GRAD-LORA": "gradient-lora",
  "GRAD-TORCH": "gradient-pytorch",
  "ADAMW-TORCH": "adamw-pytorch",
  SCHEDULE: "learning-rate-schedule",
};

/** Columns of the matrix that are not laws or checks. */
const otherColumns: readonly string[] = ["mutant", "chapter", "schema_version", "run_id"];

/** Number of cases to the detection by each law or check, by the id of the mutant. */
export type KillMatrix = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** One detection that the newer matrix does not have. */
export interface LostKill {
  readonly mutant: string;
  readonly law: string;
  /** Number of cases to the detection in the older matrix. */
  readonly cases: number;
}

/** A detection that the newer matrix does not have, and that another seed has. */
export interface FoundKill extends LostKill {
  readonly seed: number;
  /** Number of cases to the detection from that seed. */
  readonly found: number;
}

export interface KillComparison {
  /** Mutants of the older matrix that the newer one does not have. */
  readonly missing: readonly string[];
  readonly lost: readonly LostKill[];
  /** Detections of the older matrix that further seeds have found. */
  readonly foundAgain: readonly FoundKill[];
  /** Number of detections in each matrix. */
  readonly kills: { readonly old: number; readonly new: number };
}

/**
 * Reads a kill matrix, with former codes replaced by the names of today.
 *
 * @throws {RangeError} if the file is no kill matrix
 */
export async function readKills(path: string): Promise<KillMatrix> {
  const rows: Record<string, string>[] = parse(await readFile(path), { columns: true });
  if (rows.length === 0 || rows.some(({ mutant }) => mutant === undefined)) {
    throw new RangeError(`${path}: must be a kill matrix with a column "mutant", got none`);
  }
  return new Map(
    rows.map(({ mutant, ...cells }) => {
      const kills = Object.entries(cells)
        .filter(([column, cases]) => cases !== "" && !otherColumns.includes(column))
        .map(([column, cases]) => [nameOf(column), Number(cases)] as const);
      return [mutant, new Map(kills)];
    }),
  );
}

/** Returns what the newer matrix has lost. */
export function compareKills(older: KillMatrix, newer: KillMatrix): KillComparison {
  const missing = [...older.keys()].filter((mutant) => !newer.has(mutant));
  const lost = [...older].flatMap(([mutant, kills]) =>
    [...kills]
      .filter(([law]) => newer.has(mutant) && !newer.get(mutant)?.has(law))
      .map(([law, cases]) => ({ mutant, law, cases })),
  );
  const count = (matrix: KillMatrix) =>
    [...matrix.values()].reduce((sum, kills) => sum + kills.size, 0);
  return { missing, lost, foundAgain: [], kills: { old: count(older), new: count(newer) } };
}

/** Returns the comparison as text: what was lost, and how to try it again with more cases. */
export function comparisonText({ missing, lost, foundAgain, kills }: KillComparison): string {
  const found = foundAgain.map(({ mutant, law, cases, seed, found }) => {
    return `found with another seed: ${mutant} by ${law}, case ${found} from seed ${seed}, formerly ${cases}`;
  });
  const table = textTable(
    ["mutant", "no longer detected by", "cases before"],
    lost.map(({ mutant, law, cases }) => [mutant, law, String(cases)]),
  );
  const again = [...new Set(lost.map(({ mutant }) => mutant))].join(" ");
  const total = `${kills.old} detections before, ${kills.new} now`;
  return [
    ...missing.map((mutant) => `missing: ${mutant}`),
    ...found,
    ...(lost.length === 0 ? [] : [table, `again: npm run mutants -- --runs 1000 --only ${again}`]),
    `${total}; ${missing.length} mutants missing, ${lost.length} detections lost`,
  ].join("\n");
}

function nameOf(column: string): string {
  return formerCodes[column] ?? formerCheckCodes[column] ?? column;
}
