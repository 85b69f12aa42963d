import fc from "fast-check";
import { rawTokens, tokensOf } from "../arbitraries/tokens.ts";
import type { Candidate } from "../subjects/subject.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

interface Prompts {
  candidate: Candidate;
  /** Each prompt: how many tokens it shares with the text before it, and what follows them. */
  prompts: { shared: number; tail: number[]; next: number[] }[];
}

export const prefixReuse = law<Prompts>({
  id: "prefix-reuse",
  name: "a resumed prefix equals a new sequence",
  chapter: "generation",
  statement:
    "One sequence that serves prompt after prompt, each from the prefix that it shares with the tokens held and with tokens decoded after it, gives at every step the logits of a new sequence.",
  source: "automatic prefix caching; Zheng et al. 2024 (SGLang), section 3",
  catches:
    "keys of another prompt, windows and positions that count from the resumed part, a whole prompt in the cache and nothing to read",
  needs: ["rewind"],
  precondition: { name: "a prefix was kept, and tokens after it were removed", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      prompts: fc.array(
        fc.record({
          shared: fc.nat({ max: sizes.sizeOf("tokens") ?? 24 }),
          tail: sizes.tokens(0, 5),
          next: rawTokens(0, 2),
        }),
        { minLength: 2, maxLength: 4, size: "max" },
      ),
    }),
  check: async ({ candidate: { decoder }, prompts }, subject) => {
    const { config } = decoder;
    const { maxPositionEmbeddings: P } = config;
    await using sequence = await decoder.start();
    let held: number[] = [];
    let reached = false;
    for (const { shared, tail, next } of prompts) {
      const prefix = held.slice(0, shared % (held.length + 1));
      const added = [...prefix, ...tokensOf(config, tail, P - prefix.length)];
      const prompt = added.length > 0 ? added : [0];
      // The logits after its last token are wanted, so that this one is always sent.
      const resumed = Math.min(commonLength(held, prompt), prompt.length - 1);
      reached ||= resumed > 0 && resumed < held.length;
      await sequence.rewind(resumed);
      const decoded = tokensOf(config, next, P - prompt.length);
      const calls = [prompt.slice(resumed), ...decoded.map((token) => [token])];
      held = prompt.slice(0, resumed);
      for (const call of calls) {
        held = [...held, ...call];
        const logits = await sequence.append(call);
        const expected = await freshLogits(decoder, held);
        expectNextLogits(`${resumed} tokens resumed`, held, logits, expected, subject.repeatable);
      }
    }
    return reached;
  },
  canaries: [
    decoderCanary("the first token after a resumed prefix is read as token 0", (decoder) =>
      withSequences(decoder, (sequence) => {
        let resumed = false;
        return {
          rewind: async (length) => {
            resumed = length > 0 && length < sequence.length;
            await sequence.rewind(length);
          },
          append: (tokens) => {
            const read = resumed ? tokens.with(0, 0) : tokens;
            resumed = false;
            return sequence.append(read);
          },
        };
      }),
    ),
  ],
});

function commonLength(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((token, i) => token !== b[i]);
  return at < 0 ? a.length : at;
}
