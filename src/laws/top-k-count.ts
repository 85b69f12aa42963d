import fc from "fast-check";
import { illegalCounts, illegalRows, pick } from "../arbitraries/illegal.ts";
import { sizedLogits } from "../arbitraries/logits.ts";
import { choiceLaw } from "./law.ts";
import { samplerCanary } from "./support/canary.ts";
import { expectThat } from "./support/expect.ts";
import { expectRefused, keptBy, samplerOf, show } from "./support/sampler.ts";

export const topKCount = choiceLaw<{ row: Float64Array; k: number; bad: number }>({
  id: "top-k-count",
  name: "top-k keeps exactly the k largest",
  chapter: "filters",
  statement:
    "min(k, V) tokens stay, an upper set; of logits that tie for the last place the lower ids stay, or all by the other convention; k = 0 keeps all; greedy is among those that k = 1 keeps; a k that is not an integer from 0 is refused, and so is a greedy choice from illegal logits.",
  source: "Fan, Lewis and Dauphin 2018, section 5.4",
  catches:
    "k + 1 by a wrong comparison, ties that keep more than k, unsorted candidates, finite masks",
  needs: ["sampler.topK", "sampler.greedy", "sampler.conventions"],
  precondition: { name: "logits tie at the k-th place", floor: 0.05 },
  cases: (_subject, sizes) =>
    fc.record({
      row: sizedLogits(sizes),
      k: sizes.integers("top-k", { min: 0, max: 8 }),
      bad: fc.nat(),
    }),
  check: ({ row, k, bad }, subject) => {
    const { topK, greedy, conventions } = samplerOf(subject);
    const what = `topK(${show(row)}, ${k})`;
    const descending = Array.from(row.filter(Number.isFinite)).sort((a, b) => b - a);
    const places = k === 0 ? descending.length : Math.min(k, descending.length);
    const lowest = descending[places - 1];
    const tied = Array.from(row.keys()).filter((id) => row[id] === lowest);
    const above = descending.filter((logit) => logit > lowest).length;
    const stay = new Set(conventions.topKTies === "all" ? tied : tied.slice(0, places - above));
    const wanted = Array.from(row.keys()).filter((id) => row[id] > lowest || stay.has(id));
    const kept = keptBy(what, row, topK(row, k));
    expectThat(kept.join() === wanted.join(), `${what} keeps ${kept}, not ${wanted}`);
    if (k === 1)
      expectThat(kept.includes(greedy(row)), `${what} drops ${greedy(row)}, the greedy one`);
    const illegal = pick(illegalCounts, bad);
    expectRefused(`topK accepted ${illegal}`, () => topK(row, illegal));
    const logits = pick(illegalRows(row, bad), bad);
    expectRefused(`greedy accepted ${show(logits)}`, () => greedy(logits));
    return tied.length > places - above;
  },
  canaries: [
    samplerCanary(
      "logits that tie at the k-th place follow the other convention",
      ({ topK, conventions }) => ({
        topK: (logits, k) => {
          const kept = topK(logits, k);
          const lowest = kept.reduce((a, b) => (b > -Infinity ? Math.min(a, b) : a), Infinity);
          if (conventions.topKTies === "all") return kept.with(kept.lastIndexOf(lowest), -Infinity);
          return Float64Array.from(logits, (logit) => (logit >= lowest ? logit : -Infinity));
        },
      }),
    ),
  ],
});
