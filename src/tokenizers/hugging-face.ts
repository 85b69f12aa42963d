import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Tokenizer as Library } from "@huggingface/tokenizers";
import { isObject, type JsonObject, readJsonObject } from "../io/json.ts";
import { checkToken, type Tokenizer } from "./tokenizer.ts";
import { readWordLevel } from "./word-level.ts";

/** The character that a decoder returns for bytes that are not a whole character. */
const REPLACEMENT = "\uFFFD";

/**
 * Reads the tokenizer of a Hugging Face folder: `tokenizer.json`, with the settings of
 * `tokenizer_config.json` if present. `encode` applies the post-processor; `decode` omits special
 * tokens and does not change spaces.
 *
 * @throws {Error} with the file's path, if it is damaged or `@huggingface/tokenizers` does not
 *   support it
 */
export async function readHuggingFaceTokenizer(folder: string): Promise<Tokenizer> {
  const path = join(folder, "tokenizer.json");
  const configPath = join(folder, "tokenizer_config.json");
  const json = await readJsonObject(path);
  const config = existsSync(configPath) ? await readJsonObject(configPath) : {};
  try {
    const words = readWordLevel(json);
    if (words !== null) return words;
    const { Tokenizer } = await import("@huggingface/tokenizers");
    return new HuggingFaceTokenizer(new Tokenizer(json, config), config);
  } catch (error) {
    throw new Error(`${path}: must be a known tokenizer: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

class HuggingFaceTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly bosTokenId: number | null;
  readonly eosTokenId: number | null;
  readonly #library: Library;

  constructor(library: Library, config: JsonObject) {
    this.#library = library;
    let largest = -1;
    for (const id of library.get_vocab(true).values()) largest = Math.max(largest, id);
    this.vocabSize = largest + 1;
    this.bosTokenId = this.#idOf(config.bos_token);
    this.eosTokenId = this.#idOf(config.eos_token);
  }

  /** The id of a special token, given as its text or as an object with the text as `content`. */
  #idOf(token: unknown): number | null {
    const text = isObject(token) ? token.content : token;
    return typeof text === "string" ? (this.#library.token_to_id(text) ?? null) : null;
  }

  encode(text: string): number[] {
    return this.#library.encode(text).ids;
  }

  decode(tokens: readonly number[]): string {
    for (const token of tokens) checkToken(this.vocabSize, token);
    if (tokens.length === 0) return "";
    return this.#library.decode([...tokens], {
      skip_special_tokens: true,
      clean_up_tokenization_spaces: false,
    });
  }

  /**
   * Decodes a new token together with those of the previous piece, because a decoder may treat the
   * first token of a text differently.
   */
  decoder(): (token?: number) => string {
    let shown: number[] = [];
    let held: number[] = [];
    return (token) => {
      if (token !== undefined) held.push(token);
      const text = this.decode([...shown, ...held]);
      if (token !== undefined && text.endsWith(REPLACEMENT)) return "";
      const piece = text.slice(this.decode(shown).length);
      shown = piece === "" ? [...shown, ...held] : held;
      held = [];
      return piece;
    };
  }
}
