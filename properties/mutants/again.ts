/** Lost detections, tried with further seeds. */
import type { FoundKill, KillComparison, LostKill } from "./compare.ts";
import { runWorker } from "./pool.ts";

/**
 * Tries the detections that the newer matrix lacks with further seeds: a law that detects a bug in
 * one of 200 cases misses it in one run of three.
 */
export async function triedAgain(
  losses: readonly LostKill[],
  { again, runs }: { readonly again: number; readonly runs: number },
): Promise<Pick<KillComparison, "lost" | "foundAgain">> {
  const lost: LostKill[] = [];
  const foundAgain: FoundKill[] = [];
  for (const loss of losses) {
    const found = await seedThatFinds(loss, again, runs);
    if (found === null) lost.push(loss);
    else foundAgain.push({ ...loss, ...found });
  }
  return { lost, foundAgain };
}

async function seedThatFinds({ mutant, law }: LostKill, again: number, runs: number) {
  for (let seed = 1; seed <= again; seed++) {
    const chosen = ["--mutant", mutant, "--law", law, "--seed", String(seed)];
    const { trials } = await runWorker([...chosen, "--runs", String(runs)]);
    const found = trials.find(({ broken }) => broken !== null);
    if (found !== undefined) return { seed, found: found.cases };
  }
  return null;
}
