import type { Decoder, Sequence } from "../decoder.ts";
import type { Random } from "../math/random.ts";
import { type SamplingOptions, sampleToken } from "../sampling/sample-token.ts";

/** Options of generation: the sampling of each token, the limit and the end of the text. */
export interface GenerateOptions extends SamplingOptions {
  /** n: the largest number of tokens to generate. */
  readonly maxNewTokens: number;
  /** The token that ends the text; it is part of the result. */
  readonly eosTokenId?: number;
  /** Required unless the temperature is 0. */
  readonly random?: Random;
  /** History of penalties and bans: prompt and new tokens, or new tokens only. Default "all". */
  readonly history?: "all" | "generated";
  /** Recompute the whole sequence at every step, without a cache. Default false. */
  readonly naive?: boolean;
  /**
   * Continue past the context limit, each token from the last P tokens only. Default false.
   *
   * When that window moves, every token has a new position and no longer depends on the dropped
   * token, so no cached key or value is valid: such a step is a prefill of P tokens. Causality
   * holds within a window; earlier tokens have no effect.
   */
  readonly truncate?: boolean;
}

/**
 * The reason why generation ended: the end-of-sequence token; `maxNewTokens` tokens; or the context
 * limit.
 */
export type FinishReason = "eos" | "max_new_tokens" | "length_limit";

/** A generated text with the reason of its end. */
export interface Generated {
  /** The prompt, then the new tokens. */
  readonly tokens: readonly number[];
  readonly newTokens: readonly number[];
  readonly finishReason: FinishReason;
  /**
   * Number of tokens that the decoder ran: P + n - 1 with the cache, nP + n(n - 1)/2 without; each
   * token past the context limit adds a whole context.
   */
  readonly tokenSteps: number;
}

/**
 * Generates tokens: prefills the prompt once, then decodes token by token until a stop. Each token
 * is sampled from the logits after the previous one; the last new token is never run, so P + n - 1
 * <= context is enough.
 *
 * The context limit is checked before any work: a prompt that does not fit throws; if more tokens
 * are requested than fit, `finishReason` is "length_limit", unless `truncate` is set.
 *
 * @param prompt at least one token id; not changed
 * @throws {RangeError} on a bad option, or a prompt that is empty or longer than the context
 */
export async function generate(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): Promise<Generated> {
  const stream = generateStream(decoder, prompt, options);
  const newTokens: number[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { tokens: [...prompt, ...newTokens], newTokens, ...value };
    newTokens.push(value);
  }
}

/** As {@link generate}, yielding each token; returns the reason of the end. */
export async function* generateStream(
  decoder: Decoder,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<number, Pick<Generated, "finishReason" | "tokenSteps">, void> {
  const { maxNewTokens, eosTokenId, random, naive = false, truncate = false } = options;
  const fits = checkLengths(decoder, prompt, maxNewTokens);
  const wanted = truncate ? maxNewTokens : Math.min(fits, maxNewTokens);
  const held = [...prompt];
  let unread: readonly number[] = prompt;
  let tokenSteps = 0;
  let sequence = await decoder.start();
  try {
    for (let made = 0; made < wanted; made++) {
      if (made >= fits || (naive && made > 0)) {
        sequence = await restart(decoder, sequence);
        unread = held.slice(-decoder.config.maxPositionEmbeddings);
      }
      const logits = await sequence.append(unread);
      tokenSteps += unread.length;
      const seen = options.history === "generated" ? held.slice(prompt.length) : held;
      const token = sampleToken(logits, options, random, seen);
      held.push(token);
      unread = [token];
      yield token;
      if (token === eosTokenId) return { finishReason: "eos", tokenSteps };
    }
    const finishReason = maxNewTokens > wanted ? "length_limit" : "max_new_tokens";
    return { finishReason, tokenSteps };
  } finally {
    await sequence[Symbol.asyncDispose]();
  }
}

async function restart(decoder: Decoder, sequence: Sequence): Promise<Sequence> {
  await sequence[Symbol.asyncDispose]();
  return decoder.start();
}

/** Returns the number of tokens that fit: P - prompt + 1, as the last one is not run. */
export function checkLengths(
  decoder: Decoder,
  prompt: readonly number[],
  maxNewTokens: number,
): number {
  const { maxPositionEmbeddings: P } = decoder.config;
  if (!Number.isInteger(maxNewTokens) || maxNewTokens < 0) {
    throw new RangeError(`generate: maxNewTokens must be an integer from 0, got ${maxNewTokens}`);
  }
  if (prompt.length === 0 || prompt.length > P) {
    throw new RangeError(`generate: the prompt must hold 1 to ${P} tokens, got ${prompt.length}`);
  }
  return P - prompt.length + 1;
}

/** One row of a batch: a prompt and a random source that no other row uses. */
export interface PromptRow {
  readonly prompt: readonly number[];
  readonly random?: Random;
}

/** Result that closes a stream before its end; never read. */
const closed = { finishReason: "max_new_tokens", tokenSteps: 0 } as const;

/**
 * Generates several rows in common steps. Each row ends independently, at its end-of-sequence
 * token, and the rows of the result differ in length. The result of a row does not depend on other
 * rows.
 */
export async function generateBatch(
  decoder: Decoder,
  rows: readonly PromptRow[],
  options: Omit<GenerateOptions, "random">,
): Promise<Generated[]> {
  const streams = rows.map(({ prompt, random }) =>
    generateStream(decoder, prompt, random === undefined ? options : { ...options, random }),
  );
  try {
    const newTokens: number[][] = rows.map(() => []);
    const ends: (Generated | null)[] = rows.map(() => null);
    while (ends.includes(null)) {
      for (const [row, stream] of streams.entries()) {
        if (ends[row] !== null) continue;
        const { done, value } = await stream.next();
        if (!done) newTokens[row].push(value);
        else {
          const tokens = [...rows[row].prompt, ...newTokens[row]];
          ends[row] = { tokens, newTokens: newTokens[row], ...value };
        }
      }
    }
    return ends as Generated[];
  } finally {
    // If one row throws, the sequences of the others are closed, and its error is the result.
    await Promise.allSettled(streams.map((stream) => stream.return(closed)));
  }
}

/**
 * Returns the rows as one rectangle: shorter rows are filled with `padTokenId` at the end.
 *
 * @returns `[B][longest]`
 */
export function padRows(rows: readonly Generated[], padTokenId: number): number[][] {
  const longest = Math.max(0, ...rows.map(({ tokens }) => tokens.length));
  return rows.map(({ tokens }) => [
    ...tokens,
    ...Array.from({ length: longest - tokens.length }, () => padTokenId),
  ]);
}
