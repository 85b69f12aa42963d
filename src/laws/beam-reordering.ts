import fc from "fast-check";
import type { Batch } from "../decoder.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { appendAlone, type RowTokens } from "./support/batch.ts";
import { decoderCanary } from "./support/canary.ts";
import { withBatches } from "./support/wrapped.ts";

interface Beams {
  candidate: Candidate;
  prompts: number[][];
  rounds: { parents: number[]; tokens: number[] }[];
}

export const beamReordering = law<Beams>({
  id: "beam-reordering",
  name: "reordered beams carry their caches with them",
  chapter: "batch",
  statement:
    "After rows are reordered or duplicated, each continues with the tokens of its source row.",
  source: "beam search: a hypothesis may continue any other; Sutskever et al. 2014, section 3.2",
  catches:
    "a reorder that is skipped, in some layers too, or done in place; duplicates that share a cache",
  needs: ["batch"],
  precondition: { name: "different beams cross", floor: 0.3 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      prompts: fc.array(sizes.tokens(1, 4), { minLength: 2, maxLength: 4 }),
      rounds: fc.array(
        fc.record({
          parents: fc.array(fc.nat({ max: 11 }), { minLength: 1, maxLength: 4 }),
          tokens: sizes.tokens(4, 4),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  check: async ({ candidate: { decoder }, prompts, rounds }, subject) => {
    await using batch = await decoder.startBatch!(prompts.length);
    let held: RowTokens[] = prompts.map(() => []);
    held = await appendAlone("prompts", decoder, batch, held, prompts, subject.repeatable);
    let crossed = false;
    for (const [i, { parents: raw, tokens }] of rounds.entries()) {
      const parents = raw.map((parent) => parent % held.length);
      await batch.select(parents);
      const before = held;
      held = parents.map((parent) => before[parent]);
      crossed ||= parents.some((a, beam) =>
        parents.slice(beam + 1).some((b) => b < a && before[a].join() !== before[b].join()),
      );
      const what = `round ${i}, beams from [${parents}]`;
      const next = held.map((_, beam) => [tokens[beam]]);
      held = await appendAlone(what, decoder, batch, held, next, subject.repeatable);
    }
    return crossed;
  },
  canaries: [
    decoderCanary("beams are reordered in place, one after the other", (decoder) =>
      withBatches(decoder, (batch) => ({ select: (rows) => batch.select(inPlace(batch, rows)) })),
    ),
  ],
});

/** Where rows come from when each is overwritten before the next is copied. */
function inPlace({ lengths }: Batch, rows: readonly (number | null)[]): (number | null)[] {
  const now: (number | null)[] = lengths.map((_, row) => row);
  for (const [to, from] of rows.entries()) now[to] = from === null ? null : now[from];
  return now.slice(0, rows.length);
}
