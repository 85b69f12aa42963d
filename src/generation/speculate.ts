/**
 * Speculative decoding: a cheap draft decoder proposes tokens, the target reads them in one call
 * and keeps those that it agrees with. The result is the target's own, whatever the draft
 * proposes.
 */
import type { Decoder, Sequence } from "../decoder.ts";
import type { Logits } from "../math/logits.ts";
import type { Random } from "../math/random.ts";
import { draw } from "../sampling/draw.ts";
import { distribution } from "../sampling/sample-token.ts";
import { checkLengths, type Generated, type GenerateOptions } from "./generate.ts";

export interface SpeculateOptions extends Omit<GenerateOptions, "naive" | "truncate"> {
  /** How many tokens the draft proposes in a round, at least one. */
  readonly draftTokens: number;
}

export interface Speculated extends Generated {
  /** Tokens that the draft proposed, and those of them that the target kept. */
  readonly drafted: number;
  readonly accepted: number;
}

/**
 * Generation with a draft. At temperature 0 a proposal stays if it is the target's own choice, and
 * the text is that of plain greedy generation. Otherwise a proposal d stays with probability
 * `min(1, p(d) / q(d))`, and the first one refused is replaced by a draw from `max(0, p - q)`,
 * renormalised: every token then has exactly the target's distribution p.
 *
 * @param target needs the capabilities `all-rows` and `rewind`
 * @param draft of the same vocabulary; needs `rewind`
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
  /** The draft's distribution that it was drawn from, `[V]`. */
  readonly probs: Float64Array;
}

/** At most `count` tokens of the draft's, none after an end of sequence. */
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

/** The proposals that stay, and after them one token of the target's. */
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
 * `max(0, p - q)`, renormalised. Where nothing is left, p and q differ by rounding alone, and p is
 * as good.
 */
function residual(p: Float64Array, q: Float64Array): Float64Array {
  const left = p.map((probability, id) => Math.max(0, probability - q[id]));
  const total = left.reduce((sum, probability) => sum + probability, 0);
  return total > 0 ? left.map((probability) => probability / total) : p;
}

/** One token; at temperature 0 all mass is on it and the random source is not consulted. */
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
