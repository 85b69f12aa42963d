import { describe, expect, test } from "vitest";
import { lossAndGradients } from "../src/training/gradients.ts";
import { checkGradientFixture, readGradientFixtures } from "./gradients/fixtures.ts";

const fixtures = await readGradientFixtures();

describe.for(fixtures)("golden/gradients/$name", (fixture) => {
  test("PyTorch's loss and every gradient come again", () => {
    const error = checkGradientFixture(fixture);
    console.log(`${fixture.name}: largest error ${error.toPrecision(2)} of its bound`);
  });

  // Where positions do not turn keys, a bias of theirs moves all scores of a query alike.
  test("no tensor's gradient is small beside the largest, but for biases of keys", () => {
    const { tensors } = fixture.gradients;
    const sizes = tensors.map(({ data }) => Math.max(...data.map(Math.abs)));
    for (const [t, { name }] of tensors.entries()) {
      const isLarge = sizes[t] > 1e-4 * Math.max(...sizes);
      expect(isLarge || name.endsWith("k_proj.bias"), name).toBe(true);
    }
  });

  test("a gradient that is off by 1e-11 of the largest is seen", () => {
    const { gradients } = lossAndGradients(fixture, fixture.batch);
    const [{ name, data }] = gradients.tensors;
    data[3] += 1e-11 * Math.max(...data);
    expect(() => checkGradientFixture({ ...fixture, gradients })).toThrow(`${name}[3]`);
  });
});

test("three families are there", () => {
  expect(fixtures.map(({ name }) => name)).toEqual(["gpt", "llama", "window"]);
});
