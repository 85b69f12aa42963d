import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { forward } from "../definition.ts";
import type { Logits } from "../math/logits.ts";
import { accuracyOf } from "../tolerance/measured.ts";
import { law } from "./law.ts";
import { expectAccurate } from "./support/accuracy.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectLogits } from "./support/expect.ts";
import type { TokenCase } from "./support/fresh-logits.ts";
import { violationOn } from "./support/violation.ts";
import { withSequences } from "./support/wrapped.ts";

export const definitionEquality = law<TokenCase>({
  id: "definition-equality",
  name: "the logits are the definition's",
  chapter: "conventions",
  statement:
    "The logits after every token are those of the defining equations in float64, within the tolerance of the decoder's arithmetic.",
  source: "src/definition.ts, equation by equation",
  catches:
    "wrong conventions: RoPE pairs, head grouping, scale, epsilon, activation, norm, bias, head",
  needs: ["model"],
  precondition: { name: "at least two tokens", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({ candidate: subject.candidates, tokens: sizes.tokens(1, 12) }),
  check: async ({ candidate: { decoder, model }, tokens: raw }, subject) => {
    const tokens = tokensOf(decoder.config, raw);
    const expected = forward(model!.config, model!.weights, tokens);
    await using sequence = await decoder.start();
    const last = await sequence.append(tokens);
    expectAccurate("", tokens, last, expected.at(-1)!, subject, model);
    if (decoder.capabilities.has("all-rows")) {
      await using rows = await decoder.start();
      const all = await rows.appendAll(tokens);
      const tolerance = accuracyOf(subject, model, tokens, all, expected);
      expectLogits(`all rows of [${tokens}]`, all, expected, tolerance);
    }
    return tokens.length > 1;
  },
  canaries: [
    decoderCanary("logits are larger by more than their tolerance", (decoder, model, subject) => {
      const violate = violationOn(subject, model);
      const raise = (logits: Logits) => violate(logits, 1);
      return withSequences(decoder, (sequence) => ({
        append: async (tokens) => raise(await sequence.append(tokens)),
        appendAll: async (tokens) => (await sequence.appendAll(tokens)).map(raise),
      }));
    }),
  ],
});
