import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Sequence } from "../src/decoder.ts";
import { readLlama2c } from "../src/formats/llama2c.ts";
import { xorshiftStar } from "../src/math/random.ts";
import { softmax } from "../src/math/softmax.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { readLlama2cTokenizer } from "../src/tokenizers/llama2c-bpe.ts";
import type { Tokenizer } from "../src/tokenizers/tokenizer.ts";
import { withModel } from "./models.ts";

const STEPS = 200;

describe("stories260K, a trained Llama", () => {
  withModel("stories260K", (folder) => {
    let model: Model;
    let tokenizer: Tokenizer;
    let texts: string[];

    beforeAll(async () => {
      model = await readLlama2c(join(folder, "stories260K.bin"));
      tokenizer = await readLlama2cTokenizer(join(folder, "tok512.bin"));
      const golden = JSON.parse(await readFile(join(folder, "golden-texts.json"), "utf8"));
      texts = golden.runs.map((run: { text: string }) => run.text);
    });

    const start = () => referenceDecoder(model.config, model.weights).start();

    test("has the configuration of its model card", () => {
      expect(model.name).toBe("stories260K");
      expect(model.config).toMatchObject({
        vocabSize: 512,
        hiddenSize: 64,
        intermediateSize: 172,
        numHiddenLayers: 5,
        numAttentionHeads: 8,
        numKeyValueHeads: 4,
        maxPositionEmbeddings: 512,
        ropeLayout: "interleaved",
        tieWordEmbeddings: true,
      });
      expect(tokenizer.vocabSize).toBe(512);
    });

    test("logits are run.c's within 5e-5, and each argmax is the same", async () => {
      const inputs = await readFile(join(folder, "golden-runc-greedy200-input-tokens.txt"), "utf8");
      const bytes = await readFile(join(folder, "golden-runc-greedy200-logits.f32le.bin"));
      const tokens = inputs.trim().split(/\s+/).map(Number);
      const rows = await (await start()).appendAll(tokens);
      let largest = 0;
      for (const [t, row] of rows.entries()) {
        const golden = Array.from(row, (_, v) => bytes.readFloatLE(4 * (t * row.length + v)));
        for (const [v, logit] of row.entries()) {
          largest = Math.max(largest, Math.abs(logit - golden[v]));
        }
        expect(argmax(row)).toBe(argmax(golden));
      }
      expect(rows.length * rows[0].length * 4).toBe(bytes.length);
      expect(largest).toBeLessThan(5e-5);
    });

    test("the greedy text is run.c's", async () => {
      expect(await write(await start(), tokenizer, argmax)).toBe(texts[0]);
    });

    test("the text sampled at temperature 1 with run.c's generator is run.c's", async () => {
      const random = xorshiftStar(42n);
      const sample = (logits: ArrayLike<number>) => draw(softmax(logits), random());
      expect(await write(await start(), tokenizer, sample)).toBe(texts[1]);
    });

    test("its texts are unchanged by a round trip through tokens", () => {
      for (const text of texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    });
  });
});

/** Returns the text of 200 steps, beginning with BOS. */
async function write(
  sequence: Sequence,
  tokenizer: Tokenizer,
  choose: (logits: ArrayLike<number>) => number,
): Promise<string> {
  const tokens = [tokenizer.bosTokenId!];
  for (let step = 0; step < STEPS; step++) {
    tokens.push(choose(await sequence.append(tokens.slice(-1))));
  }
  return tokenizer.decode(tokens);
}

function argmax(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
  return best;
}

/** Returns the first id whose cumulative probability exceeds u. */
function draw(probs: Float64Array, u: number): number {
  let cumulative = 0;
  return probs.findIndex((p) => {
    cumulative += p;
    return u < cumulative;
  });
}
