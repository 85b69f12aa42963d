import { isObject, type JsonObject } from "../io/json.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { wordTokenizer } from "./words.ts";

/** The constant fields of a `tokenizer.json` of whole words between white space. */
const fixed = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: null,
};

/** Returns the `tokenizer.json` of {@link wordTokenizer}, readable by Hugging Face's tokenizers. */
export function wordLevelJson(words: readonly string[]): JsonObject {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  return { ...fixed, model: { type: "WordLevel", vocab, unk_token: "<unk>" } };
}

/**
 * Reads the tokenizer of a `tokenizer.json` that {@link wordLevelJson} wrote; returns null for any
 * other. The library that reads all others does not support this kind.
 *
 * @throws {RangeError} if the ids are not 0 to V - 1
 */
export function readWordLevel({ model, ...others }: JsonObject): Tokenizer | null {
  if (!isObject(model) || model.type !== "WordLevel" || !isObject(model.vocab)) return null;
  if (JSON.stringify(others) !== JSON.stringify(fixed)) return null;
  const entries = Object.entries(model.vocab);
  const words = entries.toSorted(([, a], [, b]) => Number(a) - Number(b));
  if (words.every(([, id], place) => id === place)) return wordTokenizer(words.map(([w]) => w));
  throw new RangeError("WordLevel: the ids must be 0 to V - 1, once each");
}
