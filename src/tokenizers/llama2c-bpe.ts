/**
 * The tokenizer of llama2.c: byte pairs merged by score, as trained by SentencePiece.
 *
 * @see llama2.c, `encode` and `decode` in run.c
 */
import { BinaryFile } from "../io/binary-file.ts";
import { checkToken, decodeWith, type Tokenizer } from "./tokenizer.ts";

const BOS = 1;
const EOS = 2;
/** Ids 0 to 2 are `<unk>`, BOS and EOS; the 256 bytes follow. */
const FIRST_BYTE = 3;

/** A token's bytes, one character each, and its priority in merging. */
interface Piece {
  readonly bytes: string;
  readonly score: number;
}

/**
 * Reads the tokenizer of a llama2.c file such as `tok512.bin`: int32 length of the longest piece,
 * then for each token float32 score, int32 length and that many bytes, to the end of the file.
 *
 * @throws {Error} with the file's path, if it ends within a token or lacks the 256 bytes
 */
export async function readLlama2cTokenizer(path: string): Promise<Tokenizer> {
  await using file = await BinaryFile.open(path);
  const view = await file.read(0, file.size, "a tokenizer");
  const fail = (must: string, got: unknown): never => {
    throw new RangeError(`${path}: ${must}, got ${got}`);
  };
  const pieces: Piece[] = [];
  for (let offset = 4; offset < view.byteLength; ) {
    const who = `token ${pieces.length}`;
    if (offset + 8 > view.byteLength) fail(`${who} must be whole`, "the end of the file");
    const score = view.getFloat32(offset, true);
    const length = view.getInt32(offset + 4, true);
    offset += 8;
    if (Number.isNaN(score)) fail(`the score of ${who} must be a number`, score);
    const left = view.byteLength - offset;
    if (length < 0 || length > left) fail(`the length of ${who} must be in [0, ${left}]`, length);
    pieces.push({ score, bytes: binary(new Uint8Array(view.buffer, offset, length)) });
    offset += length;
  }
  const least = FIRST_BYTE + 256;
  if (pieces.length < least) fail(`must hold at least ${least} tokens`, pieces.length);
  return new Llama2cTokenizer(pieces);
}

/** Bytes as a string, one character each: a unique key for each byte sequence. */
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

class Llama2cTokenizer implements Tokenizer {
  readonly bosTokenId = BOS;
  readonly eosTokenId = EOS;
  readonly #pieces: readonly Piece[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    const ids = new Map<string, number>();
    for (const [id, { bytes }] of pieces.entries()) if (!ids.has(bytes)) ids.set(bytes, id);
    this.#ids = ids;
  }

  get vocabSize(): number {
    return this.#pieces.length;
  }

  /**
   * Splits the text, after a leading space, into characters, or into bytes where the vocabulary
   * lacks a character; then merges the pair with the best score, the leftmost of equals, until no
   * pair is a token.
   */
  encode(text: string): number[] {
    if (text === "") return [BOS];
    const tokens = [...` ${text}`].flatMap((character) => this.#spell(character));
    const merged = tokens.map((_, i) => this.#merge(tokens, i));
    for (let best = this.#best(merged); best !== null; best = this.#best(merged)) {
      tokens.splice(best, 2, merged[best]!);
      merged.splice(best, 1);
      merged[best] = this.#merge(tokens, best);
      if (best > 0) merged[best - 1] = this.#merge(tokens, best - 1);
    }
    return [BOS, ...tokens];
  }

  #spell(character: string): number[] {
    const bytes = new TextEncoder().encode(character);
    const id = this.#ids.get(binary(bytes));
    return id === undefined ? Array.from(bytes, (byte) => FIRST_BYTE + byte) : [id];
  }

  /** Returns the token of tokens i and i + 1 merged, or null. */
  #merge(tokens: readonly number[], i: number): number | null {
    if (i + 1 >= tokens.length) return null;
    const pair = this.#pieces[tokens[i]].bytes + this.#pieces[tokens[i + 1]].bytes;
    return this.#ids.get(pair) ?? null;
  }

  #best(merged: readonly (number | null)[]): number | null {
    let best: number | null = null;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (const [i, id] of merged.entries()) {
      if (id !== null && this.#pieces[id].score > bestScore) {
        best = i;
        bestScore = this.#pieces[id].score;
      }
    }
    return best;
  }

  decode(tokens: readonly number[]): string {
    return decodeWith(this.decoder(), tokens);
  }

  decoder(): (token?: number) => string {
    const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    let previous: number | undefined;
    return (token) => {
      if (token === undefined) return utf8.decode();
      const bytes = this.#bytes(token, previous);
      previous = token;
      return utf8.decode(bytes, { stream: true });
    };
  }

  /** Returns the bytes of a token, without the space that `encode` adds after BOS. */
  #bytes(token: number, previous: number | undefined): Uint8Array {
    checkToken(this.vocabSize, token);
    if (token === BOS || token === EOS) return new Uint8Array();
    const { bytes } = this.#pieces[token];
    const byte = /^<0x([0-9A-F]{2})>$/.exec(bytes);
    if (byte !== null) return Uint8Array.of(Number.parseInt(byte[1], 16));
    return Buffer.from(previous === BOS ? bytes.replace(/^ /, "") : bytes, "latin1");
  }
}
