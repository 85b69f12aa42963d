/**
 * Speculative decoding: a small draft decoder proposes tokens, the target runs them in one call and
 * accepts or rejects each. The result has the distribution of the target, for every draft.
 */
import type { Decoder, Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Random } from "../math/random.ts";
import { draw } from "../sampling/draw.ts";
import { distribution } from "../sampling/sample-token.ts";
import { checkLengths, type Generated, type GenerateOptions } from "./generate.ts";

export interface SpeculateOptions extends Omit<GenerateOptions, "naive" | "truncate"> {
  /** Number of tokens that the draft proposes in a round, at least one. */
  readonly draftTokens: number;
}

export interface Speculated extends Generated {
  /** Number of tokens that the draft proposed, and that the target accepted. */
  readonly drafted: number;
  readonly accepted: number;
}

/**
 * Generates with a draft. At temperature 0 a proposal is accepted if the target chooses it too, and
 * the text is that of greedy generation. Otherwise a proposal d is accepted with probability
 * `min(1, p(d) / q(d))`, and the first rejected one is replaced by a draw from `max(0, p - q)`,
 * renormalised: every token has exactly the target's distribution p.
 *
 * @param target needs the capabilities `all-rows` and `rewind`
 * @param draft a decoder with the same vocabulary; needs `rewind`
 * @throws {RangeError} as `generate`, or on vocabularies of different sizes
 * @see Leviathan, Kalman and Matias 2023, "Fast Inference from Transformers via Speculative
 *   Decoding"
 */
export async function speculate(
  target: Decoder,
  draft: Decoder,
  prompt: readonly number[],
  options: SpeculateOptions,
): Promise<Speculated> {
  const { draftTokens, maxNewTokens, eosTokenId, random = noRandom } = options;
  if (!Number.isInteger(draftTokens) || draftTokens < 1) {
    throw new RangeError(`speculate: draftTokens must be an integer from 1, got ${draftTokens}`);
  }
  checkVocabularies(target, draft);
  const wanted = Math.min(maxNewTokens, checkLengths(target, prompt, maxNewTokens));
  await using reader = await target.start();
  await using proposer = await draft.start();
  const held = [...prompt];
  const newTokens: number[] = [];
  let [drafted, accepted, tokenSteps] = [0, 0, 0];
  const result = (finishReason: Generated["finishReason"]): Speculated => {
    return { tokens: held, newTokens, finishReason, tokenSteps, drafted, accepted };
  };
  while (newTokens.length < wanted) {
    const room = Math.min(
      draftTokens,
      wanted - newTokens.length - 1,
      draft.config.maxPositionEmbeddings - held.length + 1,
    );
    const seen = options.history === "generated" ? newTokens : held;
    const proposals = await propose(
      proposer,
      held.slice(proposer.length),
      room,
      seen,
      options,
      random,
    );
    const unread = [...held.slice(reader.length), ...proposals.map(({ token }) => token)];
    const rows = (await reader.appendAll(unread)).slice(-proposals.length - 1);
    tokenSteps += unread.length;
    const kept = judge(rows, proposals, seen, options, random);
    drafted += proposals.length;
    accepted += kept.length - 1;
    for (const token of kept) {
      held.push(token);
      newTokens.push(token);
      if (token === eosTokenId) return result("eos");
    }
    await reader.rewind(Math.min(reader.length, held.length - 1));
    await proposer.rewind(Math.min(proposer.length, held.length - 1));
  }
  return result(wanted < maxNewTokens ? "length_limit" : "max_new_tokens");
}

interface Proposal {
  readonly token: number;
  /** The draft's distribution from which it was drawn, `[V]`. */
  readonly probs: Float64Array;
}

/** Returns at most `count` tokens of the draft, none after an end of sequence. */
async function propose(
  proposer: Sequence,
  tokens: readonly number[],
  count: number,
  seen: readonly number[],
  options: SpeculateOptions,
  random: Random,
): Promise<Proposal[]> {
  const proposals: Proposal[] = [];
  const history = [...seen];
  let unread = tokens;
  while (proposals.length < count) {
    const probs = distribution(await proposer.append(unread), options, history);
    const token = choose(probs, options, random);
    proposals.push({ token, probs });
    history.push(token);
    unread = [token];
    if (token === options.eosTokenId) break;
  }
  return proposals;
}

/** Returns the accepted proposals, and after them one token of the target. */
function judge(
  rows: readonly Logits[],
  proposals: readonly Proposal[],
  seen: readonly number[],
  options: SpeculateOptions,
  random: Random,
): number[] {
  const kept: number[] = [];
  for (const [i, { token, probs: q }] of proposals.entries()) {
    const p = distribution(rows[i], options, [...seen, ...kept]);
    const certain = options.temperature === 0;
    if (certain ? p[token] === 1 : random() * q[token] < p[token]) kept.push(token);
    else return [...kept, choose(certain ? p : residual(p, q), options, random)];
  }
  const last = distribution(rows[proposals.length], options, [...seen, ...kept]);
  return [...kept, choose(last, options, random)];
}

/**
 * Returns `max(0, p - q)`, renormalised. If nothing is left, p and q differ only by rounding, and p
 * is used.
 */
function residual(p: Float64Array, q: Float64Array): Float64Array {
  const left = p.map((probability, id) => Math.max(0, probability - q[id]));
  const total = left.reduce((sum, probability) => sum + probability, 0);
  return total > 0 ? left.map((probability) => probability / total) : p;
}

/** Draws one token; at temperature 0 it has all mass and the random source is not used. */
function choose(probs: Float64Array, { temperature }: SpeculateOptions, random: Random): number {
  return draw(probs, temperature === 0 ? 0 : random());
}

const noRandom: Random = () => {
  throw new TypeError("speculate: a random source must be given unless temperature is 0");
};

function checkVocabularies(target: Decoder, draft: Decoder): void {
  const [V, drafts] = [target.config.vocabSize, draft.config.vocabSize];
  if (V === drafts) return;
  throw new RangeError(`speculate: the draft's vocabulary must hold ${V} tokens, got ${drafts}`);
}
