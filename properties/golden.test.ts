import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { forward } from "../src/definition.ts";
import { checkGolden } from "../src/golden/check.ts";
import type { ModelFixture } from "../src/golden/format.ts";
import { readFixture, readModelFixtures } from "../src/golden/read.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { largestError } from "../src/tolerance/compare.ts";

const folder = "golden";
const fixtures = await readModelFixtures(folder);

const referenceOf = ({ model }: ModelFixture) => referenceDecoder(model.config, model.weights);

describe.for(fixtures)("golden/$name", (fixture) => {
  test("the reference decoder gives the recorded logits", async () => {
    const verdict = await checkGolden(fixture, referenceOf(fixture));
    expect(verdict.difference).toBeNull();
  });

  test("the definition gives the recorded logits", () => {
    const { config, weights } = fixture.model;
    for (const { tokens, logits } of fixture.cases) {
      const error = largestError(forward(config, weights, tokens), logits);
      expect(error).toBeLessThanOrEqual(fixture.manifest.tolerance);
    }
  });
});

test("the fixtures include the demo model of 107,328 parameters", () => {
  const demo = fixtures.find(({ name }) => name === "demo")!;
  const count = demo.model.weights.tensors.reduce((sum, { data }) => sum + data.length, 0);
  expect(count).toBe(107_328);
});

test("a difference names the first position and vocabulary id", async () => {
  const fixture = fixtures.find(({ name }) => name === "loud")!;
  const [, { tokens, logits }] = fixture.cases;
  const moved = logits.with(5, logits[5].with(17, logits[5][17] + 1e-9));
  const other = { ...fixture, cases: [{ tokens, logits: moved.with(9, logits[0]) }] };
  const { difference } = await checkGolden(other, referenceOf(fixture));
  expect(difference).toContain("the logit of token 17 at position 5");
});

test.for(["config.json", "weights.safetensors", "logits.json"])(
  "a fixture whose %s does not match its manifest is refused",
  async (file) => {
    const copy = join(await mkdtemp(join(tmpdir(), "golden-")), "loud");
    await cp(join(folder, "loud"), copy, { recursive: true });
    const bytes = await readFile(join(copy, file));
    bytes[bytes.length - 9] ^= 1;
    await writeFile(join(copy, file), bytes);
    await expect(readFixture(copy)).rejects.toThrow(`${file}: the sha256 must be`);
  },
);
