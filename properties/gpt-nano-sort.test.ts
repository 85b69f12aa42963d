import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { DefinitionStages as Stages } from "../src/decoder.ts";
import { forwardStages } from "../src/definition.ts";
import { readMinGpt } from "../src/formats/mingpt.ts";
import { softmax } from "../src/math/softmax.ts";
import type { Model } from "../src/model/model.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { withModel } from "./models.ts";

/** Tolerance of float64 against PyTorch's float32; the largest logit is 9. */
const TOLERANCE = 5e-6;

/** A tensor of PyTorch: its shape, and float32 numbers in base64. */
interface Stored {
  readonly shape: readonly number[];
  readonly data: string;
}

describe("gpt-nano-sort, a trained GPT", () => {
  withModel("gpt-nano-sort", (folder) => {
    let model: Model;
    let partials: Record<string, Stored>;
    let inputs: number[][];
    let stages: Stages[];

    beforeAll(async () => {
      model = await readMinGpt(join(folder, "gpt-nano-sort-model.json"));
      const json = await readFile(join(folder, "gpt-nano-sort-t0-partials.json"), "utf8");
      partials = JSON.parse(json);
      inputs = [0, 1, 2].map((b) => [...rows(partials.idx, b)]);
      stages = inputs.map((tokens) => forwardStages(model.config, model.weights, tokens));
    });

    /** Fails unless all numbers of each input are PyTorch's. */
    const expectPartial = (name: string, actual: (b: number) => readonly number[]) => {
      for (const b of inputs.keys()) {
        const expected = rows(partials[name], b);
        const numbers = actual(b);
        expect(numbers.length, name).toBe(expected.length);
        const errors = numbers.map((x, i) => Math.abs(x - expected[i]));
        expect(
          errors.reduce((a, c) => Math.max(a, c)),
          name,
        ).toBeLessThan(TOLERANCE);
      }
    };

    test("the input embeddings are PyTorch's", () => {
      expectPartial("x", (b) => stages[b].embedding.flat());
    });

    test("the first layer's attention probabilities are PyTorch's, and zero at later positions", () => {
      expectPartial("attSm", (b) => stages[b].layers[0].attention.flat(2));
      for (const { layers } of stages) {
        const ahead = layers.flatMap(({ attention }) =>
          attention.flatMap((head) => head.flatMap((row, t) => row.slice(t + 1))),
        );
        expect(ahead.every((p) => p === 0)).toBe(true);
      }
    });

    test("the first layer after attention is PyTorch's", () => {
      expectPartial("attnResid", (b) => stages[b].layers[0].afterAttention.flat());
    });

    test.each([0, 1, 2])("the output of layer %i is PyTorch's", (l) => {
      expectPartial(`block${l}`, (b) => stages[b].layers[l].output.flat());
    });

    test("the final norm is PyTorch's", () => {
      expectPartial("ln_f", (b) => stages[b].final.flat());
    });

    test("the logits of the definition and of the reference decoder are PyTorch's", async () => {
      expectPartial("lm_head", (b) => stages[b].logits.flat());
      const decoder = referenceDecoder(model.config, model.weights);
      const logits = await Promise.all(
        inputs.map(async (tokens) => (await decoder.start()).appendAll(tokens)),
      );
      expectPartial("lm_head", (b) => logits[b].flatMap((row) => [...row]));
      expectPartial("probs", (b) => logits[b].flatMap((row) => [...softmax(row)]));
    });

    test("it sorts: every input of six letters is followed by its letters in order", async () => {
      const decoder = referenceDecoder(model.config, model.weights);
      const sequence = await decoder.start();
      for (let input = 0; input < 3 ** 6; input++) {
        const letters = Array.from({ length: 6 }, (_, i) => Math.floor(input / 3 ** i) % 3);
        await sequence.rewind(0);
        const sorted: number[] = [];
        // The sixth answer is not appended: the model has eleven positions.
        for (let next = letters; sorted.length < 6; next = sorted.slice(-1)) {
          const logits = await sequence.append(next);
          sorted.push(logits.indexOf(Math.max(...logits)));
        }
        expect(sorted, String(letters)).toEqual(letters.toSorted());
      }
    });
  });
});

/** Returns the numbers of one of the three inputs. */
function rows({ shape, data }: Stored, b: number): Float32Array {
  const bytes = Buffer.from(data, "base64");
  const size = shape.slice(1).reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(4 * (b * size + i)));
}
