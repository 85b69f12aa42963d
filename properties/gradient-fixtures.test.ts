import { describe, expect, test } from "vitest";
import { lossAndGradients } from "../src/training/gradients.ts";
import { checkGradientFixture, readGradientFixtures } from "./gradients/fixtures.ts";

const fixtures = await readGradientFixtures();

describe.for(fixtures)("golden/gradients/$name", (fixture) => {
  test("the loss and every gradient are PyTorch's", () => {
    const error = checkGradientFixture(fixture);
    console.log(`${fixture.name}: largest error ${error.toPrecision(2)} of its bound`);
  });

  // Without RoPE a bias of keys shifts all scores of a query equally.
  test("no gradient is small compared with the largest, except for biases of keys", () => {
    const { tensors } = fixture.gradients;
    const sizes = tensors.map(({ data }) => Math.max(...data.map(Math.abs)));
    for (const [t, { name }] of tensors.entries()) {
      const isLarge = sizes[t] > 1e-4 * Math.max(...sizes);
      expect(isLarge || name.endsWith("k_proj.bias"), name).toBe(true);
    }
  });

  test("an error of 1e-11 of the largest gradient is detected", () => {
    const { gradients } = lossAndGradients(fixture, fixture.batch);
    const [{ name, data }] = gradients.tensors;
    data[3] += 1e-11 * Math.max(...data);
    expect(() => checkGradientFixture({ ...fixture, gradients })).toThrow(`${name}[3]`);
  });
});

test("there are three families", () => {
  expect(fixtures.map(({ name }) => name)).toEqual(["gpt", "llama", "window"]);
});
