import type { FoundModel } from "../formats/find-model.ts";

/** A prompt as it was typed: as token ids, as text, or not at all. */
export interface TypedPrompt {
  readonly tokens?: readonly number[] | undefined;
  readonly text?: string | undefined;
}

/**
 * The token ids of a prompt. Without one, what the tokenizer begins a text with.
 *
 * @throws {RangeError} when there is no such beginning, no tokenizer for the text, or a word that
 *   it does not know
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
