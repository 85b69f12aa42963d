import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import { forward } from "../definition.ts";
import type { Logits } from "../math/logits.ts";
import type { Model } from "../model/model.ts";
import type { LogitsSubject } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { expectAccurate } from "./support/accuracy.ts";
import { decoderCanary } from "./support/canary.ts";
import { changedModel } from "./support/changed-model.ts";
import type { TokenCase } from "./support/fresh-logits.ts";
import { violationOn } from "./support/violation.ts";
import { changedSequence } from "./support/wrapped.ts";

interface Shift extends TokenCase {
  cut: number;
  first: number;
  second: number;
}

export const positionShift = law<Shift>({
  id: "position-shift",
  name: "only distances between positions matter",
  chapter: "conventions",
  statement:
    "If positions enter by rotation or not at all, tokens that start at position a or a + b give the logits of the same tokens from position 0, however they are split into calls. With learned positions they have the rows of the table from a on.",
  source: "Su et al. 2021 (RoFormer), equation 16: the score depends on m - n only",
  catches:
    "positions that restart with a call, a shift that is dropped, applied once instead of twice, or not applied to cached keys",
  needs: ["offset"],
  precondition: { name: "several tokens, rotated, start at a position above 0", floor: 0.2 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      // Half of the texts are short, so that they can start late in a long context.
      tokens: fc.oneof(sizes.tokens(1, 6), rawTokens(1, 6)),
      cut: fc.nat({ max: 4 }),
      first: fc.nat(),
      second: fc.nat(),
    }),
  check: async ({ candidate: { decoder, model }, tokens: raw, ...drawn }, subject) => {
    const { positions, maxPositionEmbeddings: P } = decoder.config;
    if (positions === "sinusoidal") return false;
    const tokens = tokensOf(decoder.config, raw);
    const room = P - tokens.length;
    const a = drawn.first % (room + 1);
    if (positions === "learned") {
      if (model !== null) await expectRowsFrom(a, decoder, model, tokens, subject);
      return false;
    }
    const b = drawn.second % (room - a + 1);
    const cut = 1 + (drawn.cut % tokens.length);
    const at = (start: number) => rowsAt(decoder, start, tokens, cut);
    const [zero, once, twice] = [await at(0), await at(a), await at(a + b)];
    for (const [i, row] of zero.entries()) {
      const held = i === 0 ? tokens.slice(0, cut) : tokens;
      const what = (start: number) => `from position ${start}, call ${i}`;
      expectAccurate(what(a), held, once[i], row, subject, model);
      expectAccurate(what(a + b), held, twice[i], row, subject, model);
    }
    return positions === "rope" && a > 0 && tokens.length > 1;
  },
  canaries: [
    decoderCanary("the position of the start leaks into the logits", (decoder, model, subject) => ({
      ...decoder,
      start: async (position = 0) =>
        changedSequence(await decoder.start(position), (sequence) => ({
          append: async (tokens) => {
            const logits = await sequence.append(tokens);
            return violationOn(subject, model)(logits, position);
          },
        })),
    })),
  ],
});

/**
 * Learned positions are rows of a table: tokens that start at position `start` have the logits of a
 * model whose table begins with row `start`.
 */
async function expectRowsFrom(
  start: number,
  decoder: Decoder,
  model: Model,
  tokens: readonly number[],
  subject: LogitsSubject,
): Promise<void> {
  const { hiddenSize: D } = model.config;
  const later = changedModel(model, {}, (name, data) => {
    if (name === "model.embed_positions.weight") data.copyWithin(0, start * D);
  });
  await using sequence = await decoder.start(start);
  const logits = await sequence.append(tokens);
  const expected = forward(later.config, later.weights, tokens).at(-1)!;
  expectAccurate(`from row ${start}`, tokens, logits, expected, subject, later);
}

/**
 * The logits after the first `cut` tokens and after all; where it is offered, again after a rewind
 * to the cut and in a fork from there.
 */
async function rowsAt(decoder: Decoder, start: number, tokens: number[], cut: number) {
  await using sequence = await decoder.start(start);
  const rows: Logits[] = [await sequence.append(tokens.slice(0, cut))];
  const rest = tokens.slice(cut);
  if (rest.length === 0) return rows;
  if (decoder.capabilities.has("fork")) {
    await using fork = await sequence.fork();
    rows.push(await fork.append(rest));
  }
  rows.push(await sequence.append(rest));
  if (decoder.capabilities.has("rewind")) {
    await sequence.rewind(cut);
    rows.push(await sequence.append(rest));
  }
  return rows;
}
