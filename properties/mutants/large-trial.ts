/** Laws tried with large cases, until the first that a mutant breaks. */
import type { Dimension } from "../../src/arbitraries/dimensions.ts";
import type { Law } from "../../src/laws/law.ts";
import { missingNeeds } from "../../src/laws/law.ts";
import { seedOf } from "../../src/math/random.ts";
import type { Subject } from "../../src/subjects/subject.ts";
import { viewOf } from "../../src/subjects/views.ts";
import { dimensionsOf } from "../../src/verify/large-cases.ts";
import { runCases } from "../../src/verify/run-cases.ts";
import { type TriedLaw, textOf, trialsOf } from "./trial.ts";

/** The first detection of a mutant. */
export interface Detection {
  readonly law: string;
  /** The large dimension of the case; null if all were small. */
  readonly dimension: Dimension | null;
  /** Number of cases of all laws that ran, including this one. */
  readonly cases: number;
  readonly ms: number;
  readonly broken: string;
}

/** Number of small cases of each law. They come first; none reaches a size of 16. */
const smallCases = 30;
const smallSizes = 16;

/** Number of large cases of each law and dimension in the first round. */
const firstRound = 3;

/**
 * Tries small cases of every law, then a few large ones of every law and dimension, then more.
 *
 * @param options `large`: number of large cases of each law in each of its dimensions
 * @returns null if no law was broken
 */
export async function firstDetection(
  laws: readonly Law[],
  { file, threshold }: { readonly file: string; readonly threshold: number },
  subject: Subject,
  { seed, large }: { readonly seed: number; readonly large: number },
  onLaw: (id: string) => void,
): Promise<Detection | null> {
  const start = performance.now();
  let cases = 0;
  for (const { law, most, round } of plan(laws, file, threshold)) {
    const view = viewOf(subject, law.kind);
    if (view === null || missingNeeds(law, subject).length > 0) continue;
    onLaw(law.id);
    const dimensions = dimensionsIn(law, view);
    // Checks draw large files themselves.
    const isSized = dimensions.length > 0;
    const runs = isSized ? [smallCases, firstRound, large - firstRound][round] : large;
    if (runs <= 0 || (!isSized && round !== 1)) continue;
    for (const dimension of round === 0 || !isSized ? [null] : dimensions) {
      const found = await runCases(law, view, {
        seed: seedOf(`${law.id} ${round}`, seed),
        runs: Math.min(most, runs),
        ...(dimension === null ? {} : { dimension }),
        shrink: false,
      }).catch((error: unknown) => ({ broken: true, error, cases: 1 }));
      cases += found.cases;
      if (found.error instanceof ReferenceError) throw found.error;
      if (!found.broken) continue;
      const ms = performance.now() - start;
      return { law: law.id, dimension, cases, ms, broken: textOf(found.error) };
    }
  }
  return null;
}

/** A law or a check, and its most cases. */
type Tried = ReturnType<typeof trialsOf>[number];

/** Returns the laws and checks round by round, in each round those near the file first. */
function plan(laws: readonly Law[], file: string, threshold: number) {
  const rounds = threshold < smallSizes ? [0, 1, 2] : [1, 2];
  const [near, far] = [true, false].map((isNear) =>
    laws.filter((law) => isNear === isNearFile(law, file)),
  );
  const first = near.map((law) => ({ law, most: Number.POSITIVE_INFINITY }));
  const all: readonly Tried[] = [...first, ...trialsOf(far, file)];
  return rounds.flatMap((round) => all.map((trial) => ({ ...trial, round })));
}

/** Returns the dimensions of a law; none if a mutant makes it impossible to find them. */
function dimensionsIn(law: TriedLaw, view: Subject): readonly Dimension[] {
  try {
    return dimensionsOf(law, view);
  } catch {
    return [];
  }
}

/** Chapters of laws that are the first to detect a bug in a folder. */
const nearest: Readonly<Record<string, readonly string[]>> = {
  "src/sampling/": ["filters", "draws", "generation"],
  "src/generation/": ["generation", "speculation", "servers"],
  "src/reference/batch": ["batch"],
};

function isNearFile({ id, chapter }: Law, file: string): boolean {
  const [, chapters] = Object.entries(nearest).find(([folder]) => file.startsWith(folder)) ?? [];
  return chapters?.includes(chapter ?? "") ?? id === "definition-equality";
}
