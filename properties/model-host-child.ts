/**
 * A program with the protocol of src/engines/process.ts that loads models: each from a folder with
 * a seed, on the reference decoder. It refuses a model while 40 others are loaded.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Decoder, Sequence } from "../src/decoder.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";
import { config } from "./process-child.ts";

interface Request {
  readonly id: number;
  readonly do: string;
  readonly model: number;
  readonly path: string;
  readonly sequence: number;
  readonly tokens: readonly number[];
  readonly rows: number;
  readonly length: number;
}

const decoders = new Map<number, Decoder>();
const sequences = new Map<number, Sequence>();

async function answer(request: Request): Promise<[fields: object, body?: Float64Array]> {
  const { do: what, model, sequence: number } = request;
  if (what === "load") {
    if (decoders.size >= 40) throw new Error("no room for 41 models");
    const modelSeed = Number(readFileSync(join(request.path, "seed"), "utf8"));
    decoders.set(model, referenceDecoder(config, randomWeights(config, modelSeed)));
    const { vocabSize: vocab_size, maxPositionEmbeddings: max_position_embeddings } = config;
    return [{ vocab_size, max_position_embeddings }];
  }
  if (what === "unload") return [{ unloaded: decoders.delete(model) }];
  if (what === "start") sequences.set(number, await decoders.get(model)!.start());
  const sequence = sequences.get(number)!;
  if (what === "append") {
    const rows = (await sequence.appendAll(request.tokens)).slice(-request.rows);
    const body = Float64Array.from(rows.flatMap((row) => [...row]));
    return [{ length: sequence.length, rows: request.rows }, body];
  }
  if (what === "rewind") await sequence.rewind(request.length);
  if (what === "stop") sequences.delete(number);
  return [{ length: what === "stop" ? 0 : sequence.length }];
}

function send(header: object, body?: Float64Array): void {
  process.stdout.write(`${JSON.stringify(header)}\n`);
  if (body !== undefined) process.stdout.write(new Uint8Array(body.buffer));
}

async function serve(cannot: string | undefined): Promise<void> {
  if (cannot !== undefined) return send({ error: cannot });
  const capabilities = ["all-rows", "rewind", "load"];
  send({ protocol: "causalgate 1", dtype: "float64", capabilities, versions: { child: "1.2.3" } });
  for await (const line of createInterface({ input: process.stdin })) {
    const request: Request = JSON.parse(line);
    await answer(request).then(
      ([fields, body]) => send({ id: request.id, ...fields }, body),
      (error: Error) => send({ id: request.id, error: error.message }),
    );
  }
}

await serve(process.argv[2]);
