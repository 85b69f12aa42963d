/** Calls of generation that must be refused: an illegal prompt, count or sampling option. */
import fc from "fast-check";
import { illegalCounts, illegalIds, illegalOptions, pick } from "../../arbitraries/illegal.ts";
import type { Decoder } from "../../decoder.ts";
import type { GenerateOptions } from "../../generation/generate.ts";
import type { DecoderRequest } from "./texts.ts";

/** A prompt and options, one of which is illegal. */
export interface BadRequest {
  /** Description for a message. */
  readonly what: string;
  readonly prompt: readonly number[];
  readonly options: GenerateOptions;
}

/**
 * Returns the request with one illegal value; at least one token is requested, so that every option
 * is used.
 *
 * @param which index of the value, which may be larger than their number
 */
export function badRequest(
  { config }: Decoder,
  { prompt, fresh }: DecoderRequest,
  which: number,
): BadRequest {
  const { vocabSize, maxPositionEmbeddings: P } = config;
  const legal = fresh();
  const options = { ...legal, maxNewTokens: Math.max(1, legal.maxNewTokens) };
  const tooLong = Array.from({ length: P + 1 }, () => 0);
  const prompts = [
    ...[[], tooLong],
    ...illegalIds(vocabSize).map((id) => prompt.with(which % prompt.length, id)),
  ];
  const others = [
    ...illegalCounts.map((maxNewTokens) => ({ maxNewTokens })),
    ...illegalOptions(vocabSize),
  ];
  const requests = [
    ...prompts.map((bad) => ({ what: `[${bad}]`, prompt: bad, options })),
    ...others.map((bad) => ({
      what: `[${prompt}] with ${fc.stringify(bad)}`,
      prompt,
      options: { ...options, ...bad },
    })),
  ];
  return pick(requests, which);
}
