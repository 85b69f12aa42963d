import fc from "fast-check";
import { illegalIds, illegalPenalties } from "../arbitraries/illegal.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { countsOf, type PenaltyCase, penaltyCases } from "./support/penalties.ts";
import { expectRefused, samplerOf, show } from "./support/sampler.ts";

export const repetitionPenalty = choiceLaw<PenaltyCase>({
  id: "repetition-penalty",
  name: "the repetition penalty counts a token once and never raises it",
  chapter: "filters",
  statement:
    "A seen token's logit is divided by the penalty where it is positive and multiplied by it where it is not, once, in whatever order and however often it was seen; others keep every bit; a penalty of at least 1 never raises a logit; one that is not positive is refused, and so is a history with an illegal id.",
  source: "Keskar et al. 2019 (CTRL), section 4.1, and Hugging Face's corrected sign",
  catches:
    "negative logits that are divided, one penalty for every occurrence, unseen tokens touched",
  needs: ["sampler.repetitionPenalty"],
  precondition: {
    name: "a token with a negative logit was seen twice, at a penalty above 1",
    floor: 0.05,
  },
  // Powers of two: dividing by them is exact.
  cases: (_subject, sizes) => penaltyCases(sizes, fc.constantFrom(2, 4, 8, 1, 0.5)),
  check: ({ row, history: raw, penalty }, subject) => {
    const { repetitionPenalty } = samplerOf(subject);
    const { history, counts } = countsOf(row, raw);
    const what = `repetitionPenalty(${show(row)}, [${history}], ${penalty})`;
    const penalised = repetitionPenalty(row, history, penalty);
    for (const [id, logit] of row.entries()) {
      const wanted = counts[id] === 0 ? logit : logit > 0 ? logit / penalty : logit * penalty;
      expectThat(penalised[id] === wanted, `${what}[${id}] is ${penalised[id]}, not ${wanted}`);
      expectThat(
        penalty < 1 || penalised[id] <= logit,
        `${what} raised ${logit} to ${penalised[id]}`,
      );
    }
    for (const bad of illegalPenalties) {
      const accepted = `repetitionPenalty accepted ${bad}`;
      expectRefused(accepted, () => repetitionPenalty(row, history, bad));
    }
    for (const id of illegalIds(row.length)) {
      const accepted = `repetitionPenalty accepted a history with ${id}`;
      expectRefused(accepted, () => repetitionPenalty(row, [...history, id], penalty));
    }
    return penalty > 1 && counts.some((count, id) => count > 1 && isNegative(row[id]));
  },
  canaries: [
    samplerCanary("negative logits are divided too", ({ repetitionPenalty }) => ({
      repetitionPenalty: (logits, history, penalty) =>
        repetitionPenalty(logits, history, penalty).map((logit, id) =>
          history.includes(id) ? logits[id] / penalty : logit,
        ),
    })),
  ],
});

const isNegative = (logit: number) => logit < 0 && logit > Number.NEGATIVE_INFINITY;
