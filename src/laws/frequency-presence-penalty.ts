import fc from "fast-check";
import { illegalAdditive, illegalIds } from "../arbitraries/illegal.ts";
import { derivedTolerances } from "../tolerance/arithmetics.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { countsOf, type PenaltyCase, penaltyCases } from "./support/penalties.ts";
import { expectRefused, samplerOf, show } from "./support/sampler.ts";

export const frequencyPresencePenalty = choiceLaw<PenaltyCase>({
  id: "frequency-presence-penalty",
  name: "the frequency penalty is linear in the count, the presence penalty counts once",
  chapter: "filters",
  statement:
    "The logit of a token that was seen n times is lowered by n times the frequency penalty, and by the presence penalty if n is at least 1; the order of the history does not matter; others keep every bit; a penalty that is not finite and a history with an illegal id are refused.",
  source: "OpenAI's API reference, frequency_penalty and presence_penalty",
  catches: "the two confused, counts that stop at 1, a wrong sign, unseen tokens touched",
  needs: ["sampler.frequencyPenalty", "sampler.presencePenalty"],
  precondition: { name: "a token was seen twice, at a penalty that is not 0", floor: 0.3 },
  cases: (_subject, sizes) => penaltyCases(sizes, fc.constantFrom(0.5, 2, 0.25, 0, -0.5)),
  check: ({ row, history: raw, penalty }, subject) => {
    const { frequencyPenalty, presencePenalty } = samplerOf(subject);
    const { history, counts } = countsOf(row, raw);
    for (const [name, penalise, times] of [
      ["frequencyPenalty", frequencyPenalty, (count: number) => count],
      ["presencePenalty", presencePenalty, (count: number) => Math.min(1, count)],
    ] as const) {
      const what = `${name}(${show(row)}, [${history}], ${penalty})`;
      const penalised = penalise(row, history, penalty);
      for (const [id, logit] of row.entries()) {
        const wanted = logit - penalty * times(counts[id]);
        // Taking the penalty away once or several times may round differently.
        const rounding =
          counts[id] === 0 ? 0 : derivedTolerances.penalisedLogit * Math.max(1, Math.abs(wanted));
        const right = penalised[id] === wanted || Math.abs(penalised[id] - wanted) <= rounding;
        expectThat(right, `${what}[${id}] is ${penalised[id]}, not ${wanted}`);
      }
      for (const bad of illegalAdditive) {
        expectRefused(`${name} accepted ${bad}`, () => penalise(row, history, bad));
      }
      for (const id of illegalIds(row.length)) {
        const accepted = `${name} accepted a history with ${id}`;
        expectRefused(accepted, () => penalise(row, [...history, id], penalty));
      }
    }
    return penalty !== 0 && counts.some((count) => count > 1);
  },
  canaries: [
    samplerCanary("the frequency penalty counts once", ({ presencePenalty }) => ({
      frequencyPenalty: presencePenalty,
    })),
  ],
});
