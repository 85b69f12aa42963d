/** Text to token ids and back. */
export interface Tokenizer {
  /** V: ids run from 0 to V - 1. */
  readonly vocabSize: number;
  /** The id that a sequence begins with, or null. */
  readonly bosTokenId: number | null;
  /** The id after which a text is over, or null. */
  readonly eosTokenId: number | null;
  /**
   * The ids that a model is fed for `text`, BOS first where the tokenizer has one.
   *
   * @throws {RangeError} when the text holds what the vocabulary cannot say
   */
  encode(text: string): number[];
  /**
   * The text of `tokens`; BOS and EOS are silent.
   *
   * @throws {RangeError} on an id outside [0, V)
   */
  decode(tokens: readonly number[]): string;
  /**
   * As {@link decode}, one token a call, for text that is shown while it is made. What comes of a
   * character cut between tokens is held back until it is whole; a call without a token says the
   * text is over, and gives what is left.
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

/** `decode` by way of `decoder`, for tokenizers that make their text token by token. */
export function decodeWith(decoder: (token?: number) => string, tokens: readonly number[]): string {
  return tokens.map((token) => decoder(token)).join("") + decoder();
}
