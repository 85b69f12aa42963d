import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../src/math/random.ts";
import { type ConfigInput, modelConfig } from "../src/model/config.ts";
import { namedModel } from "../src/model/named/registry.ts";
import { tinyWords } from "../src/model/named/tiny-words.ts";
import {
  drawWords,
  isGrammatical,
  logProbability,
  sentenceEntropy,
} from "../src/training/data/grammar.ts";
import { sentencesTask } from "../src/training/data/sentences.ts";
import { sortTask } from "../src/training/data/sort.ts";
import { textTask } from "../src/training/data/text.ts";
import { IGNORED } from "../src/training/loss.ts";
import { findTask } from "../src/training/recipes.ts";
import { stepRandom } from "../src/training/streams.ts";
import { property } from "./support.ts";

const seeds = fc.nat({ max: 0xffffffff });

/** Generated beginnings of rows, of every length from 0. */
const beginnings = fc
  .tuple(seeds, fc.nat({ max: 40 }))
  .map(([seed, length]) => drawWords(length, seededRandom(seed)));

/** Returns every row of n words with a probability, and its logarithm. */
function rows(n: number): { words: string[]; logProbability: number }[] {
  let all = [{ words: [] as string[], logProbability: 0 }];
  for (let t = 0; t < n; t++) {
    all = all.flatMap(({ words }) =>
      tinyWords
        .map((word) => [...words, word])
        .map((longer) => ({ words: longer, logProbability: logProbability(longer) }))
        .filter((row) => row.logProbability > Number.NEGATIVE_INFINITY),
    );
  }
  return all;
}

describe("the grammar of sentences", () => {
  test.for([
    "the cat sat on the mat and the cat sat on the mat",
    "a small dog runs with a small cat in a small house and the dog is big and a",
    "the big cat jumps over the big dog and a cat is under a tree",
    "the dog is small and the small dog eats under the small tree",
  ])("allows: %s", (text) => {
    expect(isGrammatical(text.split(" "))).toBe(true);
  });

  test.for([
    ["the cat sat on a mat", "another article than the subject's"],
    ["the small cat sat on the mat", "a noun without the subject's adjective"],
    ["the small cat sat on the big mat", "another adjective than the subject's"],
    ["the cat sat on the small mat", "an adjective that the subject has not"],
    ["the small cat runs with the small cat", "the same animal as company"],
    ["the cat jumps over the cat", "the same animal under it"],
    ["the small cat is big", "a second adjective"],
    ["the cat jumps on the mat", "a preposition that the verb does not take"],
    ["the cat sat in the mat", "a noun that the preposition does not take"],
    ["the cat sat on the mat the dog", "two sentences without and"],
    ["cat sat", "a sentence without article"],
    ["the cat sat on the sofa", "a word that is none of the twenty"],
  ])("forbids: %s, with %s", ([text]) => {
    expect(isGrammatical(text.split(" "))).toBe(false);
  });

  property("allows all its draws, which are the same for the same seed", beginnings, (words) => {
    expect(isGrammatical(words)).toBe(true);
  });

  property("gives the possible next words a total probability of 1", beginnings, (words) => {
    const before = logProbability(words);
    const next = tinyWords.map((word) => Math.exp(logProbability([...words, word]) - before));
    expect(next.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
  });

  test("uses exactly the words of the vocabulary", () => {
    const drawn = drawWords(5000, seededRandom(1));
    expect(new Set(drawn)).toEqual(new Set(tinyWords));
  });

  test("has the entropy of its rows, counted one by one", () => {
    const entropyOf = (n: number) =>
      rows(n).reduce((sum, { logProbability: log }) => sum - Math.exp(log) * log, 0);
    for (const length of [2, 3, 6, 9]) {
      // The chain rule: the information of a row minus that of its first word.
      const expected = (entropyOf(length) - entropyOf(1)) / (length - 1);
      expect(sentenceEntropy(length)).toBeCloseTo(expected, 12);
    }
  });

  test("has the entropy of long rows", () => {
    const random = seededRandom(2);
    const costs = Array.from({ length: 2000 }, () => {
      const words = drawWords(33, random);
      return (logProbability(words.slice(0, 1)) - logProbability(words)) / 32;
    });
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    const variance = costs.reduce((sum, cost) => sum + (cost - mean) ** 2, 0) / costs.length;
    const error = Math.sqrt(variance / costs.length);
    expect(Math.abs(mean - sentenceEntropy(33))).toBeLessThan(5 * error);
  });

  test("needs context: a model of one previous word is far from its entropy", () => {
    const words = drawWords(50_000, seededRandom(3));
    const count = (keys: string[]) => Map.groupBy(keys, (key) => key);
    const pairs = count(words.slice(1).map((word, i) => `${words[i]} ${word}`));
    const singles = count(words.slice(0, -1));
    let entropy = 0;
    for (const [pair, { length }] of pairs) {
      const share = length / (words.length - 1);
      entropy -= share * Math.log(length / singles.get(pair.split(" ")[0])!.length);
    }
    expect(entropy).toBeGreaterThan(1.5 * sentenceEntropy(33));
  });
});

describe("the task of sentences", () => {
  const { config } = namedModel("tiny");
  const task = sentencesTask(config, 33);

  property("has rows of ids of a grammatical text", seeds, (seed) => {
    for (const example of [task.train(seededRandom(seed)), task.heldOut(seededRandom(seed))]) {
      expect(example.labels).toBeUndefined();
      expect(example.tokens).toHaveLength(33);
      expect(isGrammatical(example.tokens.map((id) => tinyWords[id]))).toBe(true);
    }
  });

  test("has its entropy", () => {
    expect(task.entropy).toBe(sentenceEntropy(33));
  });
});

describe("the task of sorting", () => {
  const { config } = namedModel("sorter");
  const task = sortTask(config, 12);

  property("ignores the labels of the question, and answers in order", seeds, (seed) => {
    const random = seededRandom(seed);
    for (const { tokens, labels } of [task.train(random), task.heldOut(random)]) {
      const input = tokens.slice(0, 6);
      expect(input.every((digit) => Number.isInteger(digit) && digit >= 0 && digit < 10)).toBe(
        true,
      );
      const answer = input.toSorted((a, b) => a - b);
      expect(tokens.slice(6)).toEqual(answer);
      expect(labels).toEqual([...input.map(() => IGNORED), ...answer]);
    }
  });

  test("never trains on held-out inputs, which are a quarter of all", () => {
    const small = sortTask(modelConfig({ ...(config as ConfigInput), vocabSize: 4 }), 8);
    const random = seededRandom(4);
    const inputs = (draw: typeof small.train) =>
      new Set(Array.from({ length: 4000 }, () => draw(random).tokens.slice(0, 4).join()));
    const [trained, held] = [inputs(small.train), inputs(small.heldOut)];
    expect(trained.isDisjointFrom(held)).toBe(true);
    expect(trained.size + held.size).toBe(4 ** 4);
    expect(held.size).toBeGreaterThan(4 ** 4 * 0.15);
    expect(held.size).toBeLessThan(4 ** 4 * 0.35);
  });

  test("refuses a row of odd length", () => {
    expect(() => sortTask(config, 11)).toThrow("sort: a row must have an even length, got 11");
  });
});

describe("the task of a text", () => {
  const { config } = namedModel("demo");
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => i);
  const task = textTask(config, 9, "count.bin", bytes);

  property("has rows of consecutive bytes, and holds out the last tenth", seeds, (seed) => {
    const random = seededRandom(seed);
    const [train, held] = [task.train(random), task.heldOut(random)].map(({ tokens }) => tokens);
    for (const tokens of [train, held]) {
      expect(tokens).toEqual(Array.from({ length: 9 }, (_, i) => tokens[0] + i));
    }
    expect(train[8]).toBeLessThan(180);
    expect(held[0]).toBeGreaterThanOrEqual(180);
  });

  test("draws from the first to the last offset", () => {
    const random = seededRandom(5);
    const starts = (draw: typeof task.train) =>
      new Set(Array.from({ length: 4000 }, () => draw(random).tokens[0]));
    expect(starts(task.train).size).toBe(180 - 9 + 1);
    expect(starts(task.heldOut).size).toBe(20 - 9 + 1);
  });
});

describe("tasks refuse", () => {
  const config = (name: string) => namedModel(name).config;

  test.for<[what: string, task: () => unknown, message: string]>([
    [
      "sentences for another vocabulary",
      () => sentencesTask(config("demo"), 33),
      "sentences: the model must have a vocabulary of 20 words, got 256",
    ],
    [
      "a text for another vocabulary",
      () => textTask(config("tiny"), 33, "a.txt", new Uint8Array(1000)),
      "a.txt: the model must have a vocabulary of 256 bytes, got 20",
    ],
    [
      "a text that is too short",
      () => textTask(config("demo"), 33, "a.txt", new Uint8Array(329)),
      "a.txt: the text must have at least 330 bytes, for rows of 33, got 329",
    ],
  ])("%s", ([, task, message]) => {
    expect(task).toThrow(new RangeError(message));
  });

  test("a task that is neither a name nor a path", async () => {
    const message =
      'train: the task must be sentences, sort or the path of a text, got "no/such/text"';
    await expect(findTask("no/such/text", config("demo"))).rejects.toThrow(new RangeError(message));
  });
});

describe("the random numbers of a step", () => {
  const key = fc.tuple(
    seeds,
    fc.constantFrom("batch", "dropout", "evaluation" as const),
    fc.nat({ max: 100_000 }),
  );
  const first = ([seed, use, step]: [number, "batch" | "dropout" | "evaluation", number]) => {
    const random = stepRandom(seed, use, step);
    return [random(), random(), random()];
  };

  property("are the same for the same seed, use and step", key, (k) => {
    expect(first(k)).toEqual(first(k));
  });

  property("differ for another seed, use or step", fc.tuple(key, key), ([a, b]) => {
    fc.pre(String(a) !== String(b));
    expect(first(a)).not.toEqual(first(b));
  });
});
