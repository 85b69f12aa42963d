import fc from "fast-check";
import { tokensOf } from "../arbitraries/tokens.ts";
import { law } from "./law.ts";
import { decoderCanary } from "./support/canary.ts";
import { expectNextLogits } from "./support/expect.ts";
import { freshLogits, type TokenCase } from "./support/fresh-logits.ts";
import { withSequences } from "./support/wrapped.ts";

interface Fork extends TokenCase {
  ours: number[];
  theirs: number[];
}

export const forkIndependence = law<Fork>({
  id: "fork-independence",
  name: "a fork and its origin are independent",
  chapter: "cache",
  statement: "Each continues like a new sequence with the same tokens, in either order of calls.",
  source: "copy-on-write of cache blocks; Kwon et al. 2023 (PagedAttention), section 4.4",
  catches: "caches shared by reference, forks that lose or share their last block",
  needs: ["fork"],
  precondition: { name: "the two continuations differ", floor: 0.5 },
  cases: (subject, sizes) =>
    fc.record({
      candidate: subject.candidates,
      tokens: sizes.tokens(1, 5),
      ours: sizes.tokens(2, 5),
      theirs: sizes.tokens(1, 5),
    }),
  check: async ({ candidate: { decoder }, ...raw }, subject) => {
    const { config } = decoder;
    const room = config.maxPositionEmbeddings;
    const tokens = tokensOf(config, raw.tokens, room - 2);
    const [ours, theirs] = [raw.ours, raw.theirs].map((tail) =>
      tokensOf(config, tail, room - tokens.length),
    );
    await using origin = await decoder.start();
    await origin.append(tokens);
    await using fork = await origin.fork();
    await origin.append(ours.slice(0, 1));
    const forkLogits = await fork.append(theirs);
    const originLogits = await origin.append(ours.slice(1));
    for (const [tail, logits] of [
      [theirs, forkLogits],
      [ours, originLogits],
    ] as const) {
      const held = [...tokens, ...tail];
      const what = `forked after [${tokens}]`;
      expectNextLogits(what, held, logits, await freshLogits(decoder, held), subject.repeatable);
    }
    return ours.join() !== theirs.join();
  },
  canaries: [
    decoderCanary("a fork is the same sequence", (decoder) =>
      withSequences(decoder, (sequence) => ({ fork: async () => sequence })),
    ),
  ],
});
