/** Penalties and bans: what a sampler does to tokens because of those before them. */
import fc from "fast-check";
import { logits } from "../arbitraries/logits.ts";
import { rawTokens } from "../arbitraries/tokens.ts";
import { expectRefused, keptBy, samplerOf, show } from "./kept.ts";
import { expect, law } from "./law.ts";

interface Seen {
  row: Float64Array;
  history: number[];
  penalty: number;
}

const seen = (penalty: fc.Arbitrary<number>) =>
  fc.record({ row: logits(8), history: rawTokens(0, 8), penalty });

/** How often each id of the row was seen. */
function countsOf(row: Float64Array, rawHistory: readonly number[]) {
  const history = rawHistory.map((id) => id % row.length);
  const counts = Array.from(row, (_, id) => history.filter((other) => other === id).length);
  return { history, counts };
}

export const repetition = law<Seen>({
  code: "P-PEN",
  name: "the repetition penalty counts a token once and never raises it",
  statement:
    "A seen token's logit is divided by the penalty where it is positive and multiplied by it where it is not, once, in whatever order and however often it was seen; others keep every bit; a penalty of at least 1 never raises a logit; one that is not positive is refused.",
  source: "Keskar et al. 2019 (CTRL), section 4.1, and Hugging Face's mended sign",
  catches:
    "negative logits that are divided, one penalty for every occurrence, unseen tokens touched",
  needs: ["sampler.repetitionPenalty"],
  precondition: {
    name: "a token with a negative logit was seen twice, at a penalty above 1",
    floor: 0.05,
  },
  cases: () => seen(fc.constantFrom(2, 4, 8, 1, 0.5)), // powers of two: dividing by them is exact
  check: ({ row, history: raw, penalty }, subject) => {
    const { repetitionPenalty } = samplerOf(subject);
    const { history, counts } = countsOf(row, raw);
    const what = `repetitionPenalty(${show(row)}, [${history}], ${penalty})`;
    const penalised = repetitionPenalty(row, history, penalty);
    for (const [id, logit] of row.entries()) {
      const wanted = counts[id] === 0 ? logit : logit > 0 ? logit / penalty : logit * penalty;
      expect(penalised[id] === wanted, `${what}[${id}] is ${penalised[id]}, not ${wanted}`);
      expect(penalty < 1 || penalised[id] <= logit, `${what} raised ${logit} to ${penalised[id]}`);
    }
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const accepted = `repetitionPenalty accepted ${bad}`;
      expectRefused(accepted, () => repetitionPenalty(row, history, bad));
    }
    return penalty > 1 && counts.some((count, id) => count > 1 && isNegative(row[id]));
  },
});

const isNegative = (logit: number) => logit < 0 && logit > Number.NEGATIVE_INFINITY;

export const counted = law<Seen>({
  code: "P-PEN-COUNT",
  name: "the frequency penalty is linear in the count, the presence penalty counts once",
  statement:
    "The logit of a token that was seen n times is lowered by n times the frequency penalty, and by the presence penalty if n is at least 1; the order of the history does not matter; others keep every bit; a penalty that is not finite is refused.",
  source: "OpenAI's API reference, frequency_penalty and presence_penalty",
  catches: "the two confused, counts that stop at 1, a wrong sign, unseen tokens touched",
  needs: ["sampler.frequencyPenalty", "sampler.presencePenalty"],
  precondition: { name: "a token was seen twice, at a penalty that is not 0", floor: 0.3 },
  cases: () => seen(fc.constantFrom(0.5, 2, 0.25, 0, -0.5)),
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
        const rounding = counts[id] === 0 ? 0 : 1e-12 * Math.max(1, Math.abs(wanted));
        const right = penalised[id] === wanted || Math.abs(penalised[id] - wanted) <= rounding;
        expect(right, `${what}[${id}] is ${penalised[id]}, not ${wanted}`);
      }
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
        expectRefused(`${name} accepted ${bad}`, () => penalise(row, history, bad));
      }
    }
    return penalty !== 0 && counts.some((count) => count > 1);
  },
});

interface Ban {
  row: Float64Array;
  history: number[];
  /** Each sequence: how many of the history's last ids it begins with, what follows them. */
  sequences: { overlap: number; ids: number[] }[];
}

export const banned = law<Ban>({
  code: "P-BAN",
  name: "a ban drops the last id of a sequence that the history has begun",
  statement:
    "The last id of a banned sequence is dropped if and only if the history ends with the sequence's other ids, so that a history shorter than these never bans; every other logit keeps every bit; a ban that leaves no token, and an empty sequence, are refused.",
  source: "Hugging Face's NoBadWordsLogitsProcessor",
  catches:
    "bans without a match when the history is short, matches at another place, the first id banned in place of the last",
  needs: ["sampler.ban"],
  precondition: { name: "a sequence of several ids matched, and one did not", floor: 0.05 },
  cases: () => fc.record({ row: logits(8), history: rawTokens(0, 4), sequences: sequences() }),
  check: ({ row, history: raw, sequences }, subject) => {
    const { ban } = samplerOf(subject);
    const { history } = countsOf(row, raw);
    const all = sequences.map(({ overlap, ids }) => {
      const begun = overlap === 0 ? [] : history.slice(-overlap);
      return [...begun, ...ids.map((id) => id % row.length)];
    });
    const what = `ban(${show(row)}, [${history}], ${JSON.stringify(all)})`;
    const matches = all.filter((sequence) => {
      const others = sequence.slice(0, -1).map(String);
      // An end as text, so that this says it in another way than any sampler would.
      return `,${history}`.endsWith(others.map((id) => `,${id}`).join(""));
    });
    const dropped = matches.map((sequence) => sequence[sequence.length - 1]);
    const wanted = Array.from(row.keys()).filter(
      (id) => row[id] > Number.NEGATIVE_INFINITY && !dropped.includes(id),
    );
    if (wanted.length === 0) {
      expectRefused(`${what} left no token`, () => ban(row, history, all));
      return false;
    }
    const kept = keptBy(what, row, ban(row, history, all));
    expect(kept.join() === wanted.join(), `${what} keeps ${kept}, not ${wanted}`);
    expectRefused("ban accepted an empty sequence", () => ban(row, history, [[]]));
    const long = all.filter((sequence) => sequence.length > 1);
    return long.some((one) => matches.includes(one)) && long.some((one) => !matches.includes(one));
  },
});

function sequences(): fc.Arbitrary<Ban["sequences"]> {
  const ids = fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 3, size: "max" });
  const overlap = fc.constantFrom(0, 0, 1, 2, 3);
  return fc.array(fc.record({ overlap, ids }), { maxLength: 4 });
}
