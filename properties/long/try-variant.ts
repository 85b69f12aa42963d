import { laws } from "../../src/laws/index.ts";
import { missingNeeds } from "../../src/laws/law.ts";
import type { Subject } from "../../src/subjects/subject.ts";
import { type RunOptions, runLaw } from "../../src/verify/run-law.ts";
import { describeVerdict } from "../../src/verify/verdicts.ts";

/** Returns the laws that a subject offers what they need. */
export const lawsFor = (subject: Subject) =>
  laws.filter((law) => missingNeeds(law, subject).length === 0);

/** So many cases of a law detect its canary on a correct subject, whatever the seed. */
const enoughForCanaries = 100;

/**
 * Runs every law on a correct subject. An alarm is a verdict other than kept and not offered; in a
 * run of few cases a law can also be unproven, by chance.
 */
export async function tryVariant(
  subject: Subject,
  options: RunOptions,
): Promise<{ readonly cases: number; readonly alarms: readonly string[] }> {
  let total = 0;
  const alarms: string[] = [];
  const fine = ["kept", "not offered", ...(options.runs < enoughForCanaries ? ["unproven"] : [])];
  for (const law of lawsFor(subject)) {
    const verdict = await runLaw(law, subject, options);
    total += verdict.cases + verdict.large.reduce((sum, { cases }) => sum + cases, 0);
    if (!fine.includes(verdict.status)) alarms.push(describeVerdict(verdict));
  }
  return { cases: total, alarms };
}
