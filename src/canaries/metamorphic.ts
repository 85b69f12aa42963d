import type { Decoder } from "../decoder.ts";
import type { Model } from "../model/model.ts";
import type { Subject } from "../subjects/subject.ts";
import { type Canary, changed, decoderCanary, withSequences } from "./canary.ts";

/** The decoder with all logits of `append` larger by a share of some number of its model. */
function leaking(decoder: Decoder, model: Model | null, number: (model: Model) => number): Decoder {
  if (model === null) return decoder;
  return withSequences(decoder, (sequence) => ({
    append: async (tokens) => {
      const logits = await sequence.append(tokens);
      return logits.map((logit) => logit + number(model) * 2 ** -20);
    },
  }));
}

/** Bugs that only another model, or the same one elsewhere, can show. */
export const metamorphicCanaries: readonly Canary[] = [
  decoderCanary("P-ERR", "logits drift by a million roundings a token", (decoder, _, { noise }) => {
    const drift = 1e6 * (noise === null ? 2 ** -54 : Math.abs(noise.round(1 / 3) - 1 / 3));
    return withSequences(decoder, (sequence) => ({
      appendAll: async (tokens) => {
        const rows = await sequence.appendAll(tokens);
        return rows.map((row, t) => row.map((logit) => logit * (1 + t * drift)));
      },
    }));
  }),
  decoderCanary("P-SHIFT", "the position of the start leaks into the logits", (decoder) => ({
    ...decoder,
    start: async (position = 0) =>
      changed(await decoder.start(position), (sequence) => ({
        append: async (tokens) => {
          const logits = await sequence.append(tokens);
          return logits.map((logit) => logit + position * 2 ** -20);
        },
      })),
  })),
  decoderCanary("P-HEADPERM", "the first query leaks into the logits", (decoder, model) =>
    leaking(decoder, model, ({ weights }) => weights.layers[0].qProj.weight[0]),
  ),
  decoderCanary("P-SOFTSHIFT", "the bias of the last key leaks into the logits", (decoder, model) =>
    leaking(decoder, model, ({ weights }) => weights.layers[0].kProj.bias?.at(-1) ?? 0),
  ),
  {
    diesOf: "P-RMSSCALE",
    bug: "epsilon is 1e-5, whatever the configuration says",
    infect: (subject: Subject): Subject => ({
      ...subject,
      name: `${subject.name} with a canary`,
      build: (model) => subject.build!({ ...model, config: { ...model.config, normEps: 1e-5 } }),
    }),
  },
];
