/**
 * A program with the protocol of src/engines/process.ts, on the reference decoder. At its first
 * append it has the defect of its first argument.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Sequence } from "../src/decoder.ts";
import { modelConfig } from "../src/model/config.ts";
import { randomWeights } from "../src/model/weights.ts";
import { referenceDecoder } from "../src/reference/reference-decoder.ts";

export const config = modelConfig({
  vocabSize: 11,
  hiddenSize: 6,
  intermediateSize: 10,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  maxPositionEmbeddings: 9,
});
export const weights = randomWeights(config, 1);

interface Request {
  readonly id: number;
  readonly do: "start" | "append" | "rewind" | "fork" | "stop";
  readonly sequence: number;
  readonly tokens: readonly number[];
  readonly rows: number;
  readonly length: number;
  readonly into: number;
}

interface Answer {
  header: object;
  body?: Float64Array | Float32Array;
}

const sequences = new Map<number, Sequence>();
const decoder = referenceDecoder(config, weights);

async function answer(request: Request): Promise<Answer> {
  const { id, do: what, sequence: number } = request;
  if (what === "start") sequences.set(number, await decoder.start());
  const sequence = sequences.get(number)!;
  if (what === "append") {
    const logits = await sequence.appendAll(request.tokens);
    const rows = logits.slice(-request.rows);
    const header = { id, length: sequence.length, rows: request.rows };
    return { header, body: Float64Array.from(rows.flatMap((row) => [...row])) };
  }
  if (what === "rewind") await sequence.rewind(request.length);
  if (what === "fork") sequences.set(request.into, await sequence.fork());
  if (what === "stop") sequences.delete(number);
  return { header: { id, length: what === "stop" ? 0 : sequence.length } };
}

function send({ header, body }: Answer): void {
  process.stdout.write(`${JSON.stringify(header)}\n`);
  if (body !== undefined) process.stdout.write(new Uint8Array(body.buffer));
}

const [kind = "none", file = ""] = process.argv.slice(2);

/** The defects: each replaces the answer to an append. */
const misbehaviours: Readonly<Record<string, (right: Answer & { body: Float64Array }) => void>> = {
  crash: () => {
    process.stderr.write("out of memory\n");
    process.exit(3);
  },
  hang: () => {},
  "hang with half an answer": ({ header, body }) => send({ header, body: body.slice(1) }),
  "flood without a line": () => {
    const pour = () => process.stdout.write("x".repeat(2 ** 16), pour);
    pour();
  },
  "hang and flood its standard error": () => {
    const pour = () => process.stderr.write("its last words\n".repeat(4096), pour);
    pour();
  },
  "say more than it was asked": ({ header, body }) => {
    send({ header, body: Float64Array.of(...body, 1) });
  },
  "speak when it was not asked": (right) => {
    send(right);
    setTimeout(() => send(right), 50);
  },
  "answer in prose": () => process.stdout.write("the next token is 7\n"),
  "answer another request": ({ header, body }) => send({ header: { ...header, id: 99 }, body }),
  "miscount its tokens": ({ header, body }) => send({ header: { ...header, length: 1 }, body }),
  refuse: () => send({ header: { id: 2, error: "no tokens today" } }),
  "leave a child behind": () => {
    const beat = `setInterval(() => require("fs").appendFileSync(${JSON.stringify(file)}, "."), 20)`;
    spawn(process.execPath, ["-e", beat], { stdio: "inherit" });
    setInterval(() => existsSync(file) && process.exit(0), 20);
  },
  "leave a child behind in a group of its own": () => {
    const wait = ["-e", "setTimeout(() => {}, 20_000)"];
    spawn(process.execPath, wait, { stdio: "inherit", detached: true }).unref();
    setTimeout(() => process.exit(0), 500);
  },
  "compute in float32": ({ header, body }) => send({ header, body: Float32Array.from(body) }),
  "ignore the end of its input": (right) => {
    appendFileSync(file, ".");
    setInterval(() => appendFileSync(file, "."), 20);
    send(right);
  },
};

async function serve(): Promise<void> {
  const { vocabSize: vocab_size, maxPositionEmbeddings: max_position_embeddings } = config;
  const capabilities = ["all-rows", "rewind", "fork"];
  const protocol = kind === "greet in another protocol" ? "causalgate 0" : "causalgate 1";
  const dtype = kind === "compute in float32" ? "float32" : "float64";
  const model = { vocab_size, max_position_embeddings, dtype };
  send({ header: { protocol, ...model, capabilities } });
  const misbehave = misbehaviours[kind];
  let once = false;
  for await (const line of createInterface({ input: process.stdin })) {
    const request: Request = JSON.parse(line);
    const right = await answer(request);
    if (request.do !== "append" || misbehave === undefined || once) {
      send(right);
      continue;
    }
    once = true;
    if (kind === "refuse") await sequences.get(request.sequence)!.rewind(0);
    misbehave({ ...right, body: Float64Array.from(right.body!) });
  }
}

if (process.argv[1] === import.meta.filename) await serve();
