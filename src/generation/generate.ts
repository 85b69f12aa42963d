import type { Decoder, Sequence } from "../decoder.ts";
import type { Random } from "../math/random.ts";
import { type SamplingOptions, sampleToken } from "../sampling/sample-token.ts";

export interface GenerateOptions extends SamplingOptions {
  /** n, the most tokens to generate. */
  readonly maxNewTokens: number;
  /** The token that ends the text; it is part of the result. */
  readonly eosTokenId?: number;
  /** Required unless the temperature is 0. */
  readonly random?: Random;
  /** What penalties and bans see: prompt and new tokens, or the new ones alone. Default "all". */
  readonly history?: "all" | "generated";
  /** Recompute the whole sequence at every step, without a cache. Default false. */
  readonly naive?: boolean;
  /**
   * Go on past the context limit, each token from the last P tokens alone. Default false.
   *
   * A shift of that window moves every token to a new position and takes the first one out of the
   * sight of all others, so no remembered key or value is right any more: such a step is a prefill
   * of P tokens. Causality holds within a window, and tokens before it have no effect at all.
   */
  readonly truncate?: boolean;
}

/**
 * Why generation ended: the end-of-sequence token came; `maxNewTokens` were made; or the context
 * had no room for another step.
 */
export type FinishReason = "eos" | "max_new_tokens" | "length_limit";

export interface Generated {
  /** The prompt, then the new tokens. */
  readonly tokens: readonly number[];
  readonly newTokens: readonly number[];
  readonly finishReason: FinishReason;
  /**
   * Tokens sent through the decoder: P + n - 1 with the cache, nP + n(n - 1)/2 without; each token
   * past the context limit costs a whole context.
   */
  readonly tokenSteps: number;
}

/**
 * Autoregressive generation: prefill the prompt once, then decode token by token until a stop. Each
 * token comes from the logits after the last one; the last new token is never sent through the
 * decoder, so P + n - 1 <= context suffices.
 *
 * The context limit is looked at before any work: a prompt that does not fit throws, and a wish for
 * more tokens than fit is cut, with `finishReason` "length_limit", unless `truncate` is set.
 *
 * @param prompt at least one token id; it is not changed
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

/** As {@link generate}, token by token as they come; returns why it ended. */
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

/**
 * How many tokens the context has room for: P - prompt + 1, as the last one is not sent through.
 */
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

/** One row of a batch: its own prompt and its own random source, so that no row sees another. */
export interface Row {
  readonly prompt: readonly number[];
  readonly random?: Random;
}

/** Result that closes a stream before its end; never read. */
const closed = { finishReason: "max_new_tokens", tokenSteps: 0 } as const;

/**
 * Generation of several rows in step. Each row ends by itself, at its own end of sequence; the rows
 * of the result have their own lengths. What a row gives does not depend on the rows beside it.
 */
export async function generateBatch(
  decoder: Decoder,
  rows: readonly Row[],
  options: Omit<GenerateOptions, "random">,
): Promise<Generated[]> {
  const streams = rows.map(({ prompt, random }) =>
    generateStream(decoder, prompt, random === undefined ? options : { ...options, random }),
  );
  try {
    return await stepTogether(streams, rows);
  } finally {
    // If one row throws, the sequences of the others are closed too, and its error is the result.
    await Promise.allSettled(streams.map((stream) => stream.return(closed)));
  }
}

async function stepTogether(
  streams: readonly ReturnType<typeof generateStream>[],
  rows: readonly Row[],
): Promise<Generated[]> {
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
}

/**
 * Rows as one rectangle: what a row lacks is filled with `padTokenId` after its end.
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
