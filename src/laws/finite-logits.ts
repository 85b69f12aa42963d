import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import type { Decoder } from "../decoder.ts";
import { forwardStages } from "../definition.ts";
import type { Logits } from "../math/logits.ts";
import type { Model } from "../model/model.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { changedModel } from "./support/changed-model.ts";
import { expectThat } from "./support/expect.ts";
import { withSequences } from "./support/wrapped.ts";

interface Extreme {
  candidate: Candidate;
  pattern: number[];
  sharpness: number;
  blank: boolean;
}

export const finiteLogits = law<Extreme>({
  id: "finite-logits",
  name: "every logit is a finite number",
  chapter: "numerics",
  statement:
    "On every legal input, to the end of the context and with attention scores and inner activations of any size, every logit is finite.",
  source: "e^710 overflows in float64, e^89 in float32",
  catches:
    "softmax without the maximum subtracted, rows that see no key, tanh by two exponentials, lengths at which a kernel fails",
  needs: [],
  precondition: {
    name: "the context is full and, where models can be built, a probability underflows to 0",
    floor: 0.3,
  },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      pattern: sizes.tokens(1, 8),
      sharpness: fc.constantFrom(1, 2 ** 10, 2 ** 20, 2 ** 20),
      blank: fc.constantFrom(false, false, false, false, true),
    }),
  check: async ({ candidate, pattern: raw, sharpness, blank }, subject) => {
    const extreme =
      subject.build === null || candidate.model === null
        ? null
        : extremeModel(candidate.model, sharpness, blank);
    const decoder = extreme === null ? candidate.decoder : subject.build!(extreme);
    const { maxPositionEmbeddings: P } = decoder.config;
    const pattern = tokensOf(decoder.config, raw);
    const tokens = Array.from({ length: P }, (_, t) => pattern[t % pattern.length]);
    for (const [t, row] of (await rowsOf(decoder, tokens)).entries()) {
      const token = row.findIndex((logit) => !Number.isFinite(logit));
      const what = `the logit of token ${token} at position ${t} of [${tokens}]`;
      expectThat(token < 0, `${what} is ${row[token]}`);
    }
    return extreme === null || underflows(extreme, tokens);
  },
  canaries: [
    decoderCanary("the last position of the context sees no key", (decoder) => {
      const { maxPositionEmbeddings: P } = decoder.config;
      const emptied = (logits: Logits) => logits.map((logit) => logit + Number.NaN);
      return withSequences(decoder, (sequence) => ({
        append: async (tokens) => {
          const logits = await sequence.append(tokens);
          return sequence.length < P ? logits : emptied(logits);
        },
        appendAll: async (tokens) => {
          const rows = await sequence.appendAll(tokens);
          return sequence.length < P ? rows : rows.with(-1, emptied(rows.at(-1)!));
        },
      }));
    }),
  ],
});

/** The logits after every token: in one call where that is offered, else token by token. */
async function rowsOf(decoder: Decoder, tokens: number[]): Promise<Logits[]> {
  await using sequence = await decoder.start();
  if (decoder.capabilities.has("all-rows")) return await sequence.appendAll(tokens);
  const rows: Logits[] = [];
  for (const token of tokens) rows.push(await sequence.append([token]));
  return rows;
}

/**
 * The model with all queries, and so all scores, and what enters the activations multiplied; if
 * blank, without any embedding, so that norms divide nothing by the root of epsilon.
 */
function extremeModel(model: Model, sharpness: number, blank: boolean): Model {
  return changedModel(model, {}, (name, data) => {
    const factors: [RegExp, number][] = [
      [/q_norm|q_proj/, sharpness],
      [/gate_proj|up_proj/, Math.min(sharpness, 2 ** 10)], // their product must have a square
      [/embed_/, blank ? 0 : 1],
    ];
    const [, factor] = factors.find(([tensors]) => tensors.test(name)) ?? [null, 1];
    for (let i = 0; i < data.length; i++) data[i] *= factor;
  });
}

/** Returns true if a score is so far below the largest of its row that its probability is 0. */
function underflows({ config, weights }: Model, tokens: number[]): boolean {
  const { slidingWindow } = config;
  const { layers } = forwardStages(config, weights, tokens);
  const sees = (t: number, s: number) =>
    s <= t && (slidingWindow === null || s > t - slidingWindow);
  return layers.some(({ attention }) =>
    attention.some((head) => head.some((row, t) => row.some((p, s) => p === 0 && sees(t, s)))),
  );
}
