import type { FoundModel } from "../formats/find-model.ts";

/** A prompt on the command line: token ids, text, or none. */
export interface TypedPrompt {
  readonly tokens?: readonly number[] | undefined;
  readonly text?: string | undefined;
}

/**
 * Returns the token ids of a prompt; without a prompt, the tokens that begin a text.
 *
 * @throws {RangeError} if there are none, or there is no tokenizer for the text, or on an unknown
 *   word
 */
export function promptTokens(
  { name, tokenizer }: Pick<FoundModel, "name" | "tokenizer">,
  { tokens, text = "" }: TypedPrompt,
): readonly number[] {
  if (tokens !== undefined) return tokens;
  if (text !== "" && tokenizer === null) {
    throw new RangeError(
      `${name}: the prompt must be --tokens, as there is no tokenizer, got text`,
    );
  }
  const ids = tokenizer?.encode(text) ?? [];
  if (ids.length > 0) return ids;
  const how = tokenizer === null ? "as --tokens" : "as text or as --tokens";
  throw new RangeError(`${name}: there must be a prompt, ${how}, got none`);
}
