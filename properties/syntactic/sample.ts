/** Seeded samples of the mutants, in which each folder has its share. */
import { createHash } from "node:crypto";
import { folders, type SyntacticMutant } from "./mutants.ts";

/**
 * Returns so many mutants, of each folder in proportion to its mutants. The order is random, and a
 * larger sample of the same seed contains a smaller one but for rounding.
 */
export function sampleOf(
  mutants: readonly SyntacticMutant[],
  size: number,
  seed: number,
): SyntacticMutant[] {
  const rank = (text: string) => createHash("sha256").update(`${seed} ${text}`).digest("hex");
  const ranked = mutants
    .map((mutant) => ({ mutant, key: rank(mutant.id) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const groups = folders.map((folder) => ranked.filter(({ mutant }) => mutant.folder === folder));
  const shares = groups.map((group) => (size * group.length) / Math.max(1, mutants.length));
  const counts = roundedShares(shares, Math.min(size, mutants.length));
  const chosen = new Set(groups.flatMap((group, i) => group.slice(0, counts[i])));
  return ranked.filter((one) => chosen.has(one)).map(({ mutant }) => mutant);
}

/** Rounds shares to integers with this sum: the largest remainders are rounded up. */
function roundedShares(shares: readonly number[], sum: number): number[] {
  const counts = shares.map(Math.floor);
  const byRemainder = shares.map((_, i) => i).sort((a, b) => (shares[b] % 1) - (shares[a] % 1));
  const missing = sum - counts.reduce((total, count) => total + count, 0);
  for (const i of byRemainder.slice(0, missing)) counts[i]++;
  return counts;
}
