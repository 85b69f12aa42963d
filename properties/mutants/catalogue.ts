/**
 * The catalogue of real bugs in decoder inference and training, catalogue.csv: each row is one
 * mechanism that happened in public. Row numbers are not consecutive. Every row is planted by a
 * mutant, or has a reason why it cannot be planted here.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";

export interface CatalogueRow {
  readonly chapter: string;
  /** The mechanism, in one line. */
  readonly bug: string;
  /** Issues or commits where it happened. */
  readonly links: readonly string[];
  /** Null for a row that is planted. */
  readonly whyNotPlanted: string | null;
}

/** All rows by their number. */
export const catalogue: ReadonlyMap<number, CatalogueRow> = readCatalogue();

function readCatalogue(): Map<number, CatalogueRow> {
  const text = readFileSync(join(import.meta.dirname, "catalogue.csv"));
  const lines: Record<string, string>[] = parse(text, { columns: true });
  return new Map(
    lines.map(({ row, chapter, bug, links, why_not_planted }) => [
      Number(row),
      { chapter, bug, links: links.split(" "), whyNotPlanted: why_not_planted || null },
    ]),
  );
}
