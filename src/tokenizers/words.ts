import { checkToken, decodeWith, type Tokenizer } from "./tokenizer.ts";

/**
 * Returns a tokenizer of whole words: the id of a word is its index in the list. Text is split at
 * white space, and joined with single spaces.
 *
 * @throws {RangeError} if a word is empty, contains white space, or is in the list twice
 */
export function wordTokenizer(words: readonly string[]): Tokenizer {
  const ids = new Map(words.map((word, id) => [word, id]));
  for (const [id, word] of words.entries()) {
    if (!/^\S+$/.test(word) || ids.get(word) !== id) {
      const got = `"${word}" at ${id}`;
      throw new RangeError(`words: each must be one word and be there once, got ${got}`);
    }
  }
  const decoder = () => {
    let separator = "";
    return (token?: number) => {
      if (token === undefined) return "";
      checkToken(words.length, token);
      const piece = separator + words[token];
      separator = " ";
      return piece;
    };
  };
  return {
    vocabSize: words.length,
    bosTokenId: null,
    eosTokenId: null,
    encode: (text) => (text.match(/\S+/g) ?? []).map((word) => idOf(ids, word)),
    decode: (tokens) => decodeWith(decoder(), tokens),
    decoder,
  };
}

function idOf(ids: ReadonlyMap<string, number>, word: string): number {
  const id = ids.get(word);
  if (id === undefined) {
    throw new RangeError(`encode: a word must be one of the ${ids.size} known, got "${word}"`);
  }
  return id;
}
