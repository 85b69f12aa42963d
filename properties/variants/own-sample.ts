/**
 * Speculation that keeps a proposal if it equals the target's own sample: as lossless as the ratio
 * min(1, p / q), with fewer proposals kept. The draft always proposes its most probable token.
 */
import type { Decoder } from "../../src/decoder.ts";
import { checkLengths } from "../../src/generation/generate.ts";
import type { speculate } from "../../src/generation/speculate.ts";
import { draw } from "../../src/sampling/draw.ts";
import { distribution } from "../../src/sampling/sample-token.ts";

function checkDraft(target: Decoder, draft: Decoder, draftTokens: number): void {
  const hasVocabulary = draft.config.vocabSize === target.config.vocabSize;
  if (hasVocabulary && Number.isInteger(draftTokens) && draftTokens > 0) return;
  throw new RangeError(`speculate: got ${draftTokens} proposals of ${draft.config.vocabSize} ids`);
}

export const ownSampleSpeculate: typeof speculate = async (target, draft, prompt, options) => {
  const { draftTokens, maxNewTokens, eosTokenId, temperature, random } = options;
  const room = checkLengths(target, prompt, maxNewTokens);
  checkDraft(target, draft, draftTokens);
  const wanted = Math.min(maxNewTokens, room);
  const held = [...prompt];
  const newTokens: number[] = [];
  let [drafted, accepted, tokenSteps] = [0, 0, 0];
  const result = (finishReason: "eos" | "length_limit" | "max_new_tokens") => {
    return { tokens: held, newTokens, finishReason, tokenSteps, drafted, accepted };
  };
  await using reader = await target.start();
  while (newTokens.length < wanted) {
    const past = options.history === "generated" ? newTokens : held;
    const proposals: number[] = [];
    const limit = draft.config.maxPositionEmbeddings - held.length + 1;
    const most = Math.min(draftTokens, wanted - newTokens.length - 1, limit);
    while (proposals.length < most && !(proposals.length > 0 && proposals.at(-1) === eosTokenId)) {
      await using proposer = await draft.start();
      const row = await proposer.append([...held, ...proposals]);
      const probs = distribution(row, { ...options, temperature: 0 }, [...past, ...proposals]);
      proposals.push(probs.indexOf(1));
    }
    drafted += proposals.length;
    const unread = [...held.slice(reader.length), ...proposals];
    const rows = (await reader.appendAll(unread)).slice(-proposals.length - 1);
    tokenSteps += unread.length;
    for (const [i, row] of rows.entries()) {
      const seen = options.history === "generated" ? newTokens : held;
      const own = draw(distribution(row, options, seen), temperature === 0 ? 0 : random!());
      if (own === proposals[i]) accepted++;
      held.push(own);
      newTokens.push(own);
      if (own === eosTokenId) return result("eos");
      if (own !== proposals[i]) break;
    }
    await reader.rewind(Math.min(reader.length, held.length - 1));
  }
  return result(wanted < maxNewTokens ? "length_limit" : "max_new_tokens");
};
