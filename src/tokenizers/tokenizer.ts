/** Converts text to token ids and back. */
export interface Tokenizer {
  /** V: ids run from 0 to V - 1. */
  readonly vocabSize: number;
  /** Id at the beginning of a sequence, or null. */
  readonly bosTokenId: number | null;
  /** Id that ends a text, or null. */
  readonly eosTokenId: number | null;
  /**
   * Returns the ids of `text`, with BOS first if the tokenizer has one.
   *
   * @throws {RangeError} if the vocabulary cannot represent the text
   */
  encode(text: string): number[];
  /**
   * Returns the text of `tokens`, without BOS and EOS.
   *
   * @throws {RangeError} on an id outside [0, V)
   */
  decode(tokens: readonly number[]): string;
  /**
   * As {@link decode}, one token per call, to show text while it is generated. The bytes of a
   * character that is split between tokens are held back until it is complete; a call without a
   * token ends the text and returns the rest.
   */
  decoder(): (token?: number) => string;
}

/** Refuses an id outside [0, V). */
export function checkToken(vocabSize: number, token: number): void {
  if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
    throw new RangeError(
      `decode: a token id must be an integer in [0, ${vocabSize}), got ${token}`,
    );
  }
}

/** Implements `decode` by `decoder`, for tokenizers that decode token by token. */
export function decodeWith(decoder: (token?: number) => string, tokens: readonly number[]): string {
  return tokens.map((token) => decoder(token)).join("") + decoder();
}
