import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { measurePeers, peerSteps } from "../benchmarks/measure-peers.ts";
import { type PeerName, peerJobs, peerModel } from "../benchmarks/peers.ts";
import { type Audit, audit } from "../benchmarks/peers-audit.ts";
import { peerRows } from "../benchmarks/peers-table.ts";
import { emptySample } from "../src/bench/measure.ts";
import type { Sample } from "../src/bench/sample.ts";
import { startRecord } from "../src/io/run-record.ts";

test("the peers run at smoke scale, and their table is whole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "peers-"));
  let steps = 0;
  const step = () => {
    steps++;
  };
  const file = await measurePeers("smoke", folder, await startRecord("test", 42), step);
  const text = await readFile(file, "utf8");
  const rows: Record<string, string>[] = parse(text, { columns: true });
  expect(steps).toBe(peerSteps("smoke"));
  const named = rows.map(({ task, engine }) => `${task} ${engine}`);
  const tasks = ["prefill", "decode", "naive"];
  expect(named).toEqual(tasks.flatMap((task) => [`${task} reference`, `${task} onnxruntime`]));
  for (const row of rows) {
    expect(row).toMatchObject({ status: "ok", processes: "2", n: "6", error: "" });
    expect(Number(row.median_ms)).toBeGreaterThan(0);
    expect(row.aa_ratio === "").toBe(row.engine === "reference");
  }
  expect(text).not.toMatch(/NaN|Infinity|undefined|\r/);
});

describe("the audit", () => {
  test("passes a peer within the noise of its arithmetic", async () => {
    const right = await audit("smoke", "onnxruntime", peerModel("demo", 42));
    expect(right).toMatchObject({ status: "ok", error: null });
    expect(right.largestError).toBeLessThan(right.allowedError!);
  });

  test("finds a peer whose logits are wrong: squares that overflow in float32", async () => {
    const model = peerModel("demo", 42);
    const { embedTokens } = model.weights;
    for (const i of embedTokens.keys()) embedTokens[i] *= 2 ** 100;
    const wrong = await audit("smoke", "onnxruntime", model);
    expect(wrong.status).toBe("mismatch");
    expect(wrong.error).toMatch(/^the logits are off by /);
    expect(await audit("smoke", "onnxruntime-float64", model)).toMatchObject({ status: "ok" });
  });
});

describe("the table", () => {
  const run = { run_id: "run", model: "demo" };
  const audits = (status: Audit["status"]): Audit[] =>
    (["reference", "onnxruntime"] as const).map((peer) => {
      const judged = peer === "reference" ? "ok" : status;
      const errors = { largestError: 0, allowedError: 1, error: null };
      return { model: "demo", peer, version: "1", status: judged, ...errors };
    });

  /** A run of 8 tokens in 1 ms, then of 2 in `ms` each, in one process and round. */
  const decoded = (mode: string, isTwin: boolean, ms: number, place: object): Sample[] =>
    [1, 3].map((made) => {
      const cell = { task: "sequence_length", mode, isTwin, promptLength: 8 } as const;
      const t_ns = 1e6 + (made - 1) * ms * 1e6;
      return { ...emptySample(run, cell, made), ...place, t_ns, token_digest: `${made}` };
    });

  const samples = [0, 1, 2].flatMap((process_id) =>
    [0, 1, 2].flatMap((round) => [
      ...decoded("reference", false, 2, { process_id, round, seq_no: 3 * round }),
      ...decoded("reference", true, 2, { process_id, round, seq_no: 3 * round + 1 }),
      ...decoded("onnxruntime", false, 6, { process_id, round, seq_no: 3 * round + 2 }),
    ]),
  );

  test("has times of one token, and ratios to the reference", () => {
    const [reference, other] = peerRows(samples, audits("ok"), "run");
    expect(reference).toMatchObject({ engine: "reference", task: "decode", median_ms: 2, n: 9 });
    expect(reference.ratio_to_reference).toBeNull();
    expect(other).toMatchObject({ median_ms: 6, ratio_to_reference: 3, aa_ratio: 1 });
    expect(other).toMatchObject({ tokens_per_s: 166.67, verdict: "slower", status: "ok" });
  });

  test.for(["mismatch", "not_offered", "not_installed"] as const)(
    "has no figure for %s",
    (status) => {
      const [reference, other] = peerRows(samples, audits(status), "run");
      expect(reference.median_ms).toBe(2);
      expect(other).toMatchObject({
        status,
        median_ms: null,
        ratio_to_reference: null,
        verdict: null,
      });
    },
  );

  test("has no figure for an engine that once gave other tokens", () => {
    const once = samples.findIndex(({ mode }) => mode === "onnxruntime") + 1;
    const moved = samples.with(once, { ...samples[once], token_digest: "other" });
    const [reference, other] = peerRows(moved, audits("ok"), "run");
    expect(reference.status).toBe("ok");
    expect(other).toMatchObject({ status: "mismatch", median_ms: null });
    expect(other.error).toBe("the tokens are not the reference's");
  });
});

test("every process measures all able peers, in an order of its own", () => {
  const able = new Map<string, readonly PeerName[]>([["demo", ["reference", "onnxruntime"]]]);
  const jobs = peerJobs("smoke", able, "run", 42);
  expect(new Set(jobs.map(({ orderSeed }) => orderSeed)).size).toBe(2);
  for (const { cells } of jobs) {
    const arms = cells.map(({ mode, isTwin }) => `${mode}${isTwin ? " twin" : ""}`);
    expect(new Set(arms)).toEqual(
      new Set([
        "reference",
        "reference twin",
        "reference naive",
        "reference naive twin",
        "onnxruntime",
        "onnxruntime naive",
      ]),
    );
  }
});
