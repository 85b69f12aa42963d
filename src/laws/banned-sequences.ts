import fc from "fast-check";
import { illegalBans, illegalIds } from "../arbitraries/illegal.ts";
import { logitRows, sizedLogits } from "../arbitraries/logits.ts";
import type { Sizes } from "../arbitraries/sizes.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { countsOf } from "./support/penalties.ts";
import { expectRefused, keptBy, samplerOf, show } from "./support/sampler.ts";

interface Ban {
  row: Float64Array;
  history: number[];
  /**
   * Each sequence: how many of the history's last ids it begins with, of which the one at `spoilt`
   * is another one, and what follows them.
   */
  sequences: { overlap: number; ids: number[]; spoilt?: number | null }[];
}

export const bannedSequences = choiceLaw<Ban>({
  id: "banned-sequences",
  name: "a ban drops the last id of a sequence that the history has begun",
  chapter: "filters",
  statement:
    "The last id of a banned sequence is dropped if and only if the history ends with the sequence's other ids, so that a history shorter than these never bans; every other logit keeps every bit; a ban that leaves no token, an empty sequence, and an illegal id, are refused.",
  source: "Hugging Face's NoBadWordsLogitsProcessor",
  catches:
    "bans without a match when the history is short, matches at another place, the first id banned in place of the last",
  needs: ["sampler.ban"],
  precondition: { name: "a sequence of several ids matched, and one did not", floor: 0.05 },
  cases: (_subject, sizes) =>
    fc.record({
      row: rows(sizes),
      history: sizes.tokens(0, 4),
      sequences: sequences(sizes),
    }),
  check: ({ row, history: raw, sequences }, subject) => {
    const { ban } = samplerOf(subject);
    const { history } = countsOf(row, raw);
    const all = sequences.map(({ overlap, ids, spoilt = null }) => {
      const end = overlap === 0 ? [] : history.slice(-overlap);
      const other = spoilt === null ? -1 : spoilt % Math.max(1, end.length);
      const begun = end.map((id, i) => (i === other ? (id + 1) % row.length : id));
      return [...begun, ...ids.map((id) => id % row.length)];
    });
    const what = `ban(${show(row)}, [${history}], ${JSON.stringify(all)})`;
    const matches = all.filter((sequence) => {
      const others = sequence.slice(0, -1).map(String);
      // Compared as text, which is independent of how a sampler compares ids.
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
    expectThat(kept.join() === wanted.join(), `${what} keeps ${kept}, not ${wanted}`);
    for (const bad of illegalBans(row.length)) {
      const accepted = `ban accepted ${fc.stringify(bad)}`;
      expectRefused(accepted, () => ban(row, history, [...all, ...bad]));
    }
    for (const id of illegalIds(row.length)) {
      const accepted = `ban accepted a history with ${id}`;
      expectRefused(accepted, () => ban(row, [...history, id], [[0, 0], ...all]));
    }
    const long = all.filter((sequence) => sequence.length > 1);
    return long.some((one) => matches.includes(one)) && long.some((one) => !matches.includes(one));
  },
  canaries: [
    samplerCanary("a history shorter than a sequence bans its last id", ({ ban }) => ({
      ban: (logits, history, sequences) =>
        ban(
          logits,
          history,
          sequences.map((ids) => (ids.length > history.length ? ids.slice(-1) : ids)),
        ),
    })),
  ],
});

/** Logits of more tokens than many sequences ban. */
function rows(sizes: Sizes): fc.Arbitrary<Float64Array> {
  const many = sizes.sizeOf("bans");
  return many === null ? sizedLogits(sizes, { max: 8 }) : logitRows(4 * many + 4, 4 * many);
}

function sequences(sizes: Sizes): fc.Arbitrary<Ban["sequences"]> {
  const ids = fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 3, size: "max" });
  const overlap = fc.constantFrom(0, 0, 1, 2, 3);
  const sequence = fc.record({ overlap, ids });
  const many = sizes.sizeOf("bans");
  const length = sizes.sizeOf("tokens");
  if (length !== null) {
    const long = fc.record({ overlap: fc.nat({ max: length }), ids, spoilt: fc.option(fc.nat()) });
    return fc.array(fc.oneof(sequence, long), { minLength: 1, maxLength: 4 });
  }
  if (many === null) return fc.array(sequence, { maxLength: 4 });
  return fc.array(sequence, { minLength: many, maxLength: many, size: "max" });
}
