import { checkToken, decodeWith, type Tokenizer } from "./tokenizer.ts";

const V = 256;

/** UTF-8 bytes as token ids. Bytes that are not valid UTF-8 decode to U+FFFD. */
export const byteTokenizer: Tokenizer = {
  vocabSize: V,
  bosTokenId: null,
  eosTokenId: null,
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (tokens) => decodeWith(decoder(), tokens),
  decoder,
};

function decoder(): (token?: number) => string {
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  return (token) => {
    if (token === undefined) return utf8.decode();
    checkToken(V, token);
    return utf8.decode(Uint8Array.of(token), { stream: true });
  };
}
