/** One program serves any number of models, and keeps a limited number loaded. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NotOffered } from "../src/decoder.ts";
import { ModelHost } from "../src/engines/model-host.ts";
import type { Model } from "../src/model/model.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { config } from "./process-child.ts";

const child = join(import.meta.dirname, "model-host-child.ts");

/** The seed of a model is its name. */
const model = (name: string): Model => ({
  name,
  config,
  weights: randomWeights(config, Number(name)),
});

const host = (...parameters: string[]) =>
  new ModelHost({
    name: "host",
    command: [process.execPath, child, ...parameters],
    capabilities: ["all-rows", "rewind"],
    timeLimitMs: 30_000,
    write: async (folder, { name }) => {
      if (name === "unwritable") throw new NotOffered("host: no word for it");
      await writeFile(join(folder, "seed"), name);
    },
  });

/** Returns the logits of a model, computed in this process. */
async function expected(name: string, tokens: readonly number[]) {
  const { weights } = model(name);
  await using sequence = await referenceDecoder(config, weights).start();
  return sequence.append(tokens);
}

test("each of many models gives its logits", async () => {
  await using one = host();
  const decoders = Array.from({ length: 45 }, (_, i) => one.decoder(model(String(i))));
  for (const [i, decoder] of decoders.entries()) {
    await using sequence = await decoder.start();
    expect(await sequence.append([3, 1])).toEqual(await expected(String(i), [3, 1]));
  }
  // The first model was unloaded by now, and is loaded again.
  await using again = await decoders[0].start();
  expect(await again.append([3, 1])).toEqual(await expected("0", [3, 1]));
});

test("a model with an open sequence remains loaded", async () => {
  await using one = host();
  await using open = await one.decoder(model("7")).start();
  await open.append([3]);
  for (let i = 0; i < 45; i++) {
    await using sequence = await one.decoder(model(String(i))).start();
    await sequence.append([1]);
  }
  expect(await open.append([1])).toEqual(await expected("7", [3, 1]));
});

test("a program reports its versions, or why it cannot start", async () => {
  await using one = host();
  expect(await one.versions()).toEqual({ child: "1.2.3" });
  await using none = host("no Python package torch; install it");
  const message = "host: to start must be possible, got no Python package torch; install it";
  await expect(none.versions()).rejects.toThrow(message);
  await expect(none.decoder(model("1")).start()).rejects.toThrow(message);
});

test("a model that cannot be written is not offered, and the others continue", async () => {
  await using one = host();
  const unwritable = { ...model("1"), name: "unwritable" };
  await expect(one.decoder(unwritable).start()).rejects.toThrow(NotOffered);
  await using sequence = await one.decoder(model("1")).start();
  expect(await sequence.append([3])).toEqual(await expected("1", [3]));
});
