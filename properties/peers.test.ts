import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { measurePeers, peerJobs, peerSteps } from "../benchmarks/measure-peers.ts";
import { peerModel } from "../benchmarks/peers.ts";
import { type Audit, audit } from "../benchmarks/peers-audit.ts";
import { peerRows } from "../benchmarks/peers-table.ts";
import { type PeerTiming, timePeers, timingCount } from "../benchmarks/time-peers.ts";
import { startRecord } from "../src/io/run-record.ts";

test("the peers run at smoke scale, and their table is complete", async () => {
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
  const audits = (status: Audit["status"]): Audit[] =>
    (["reference", "onnxruntime"] as const).map((peer) => {
      const judged = peer === "reference" ? "ok" : status;
      const errors = { largestError: 0, allowedError: 1, error: null };
      return { model: "demo", peer, version: "1", status: judged, ...errors };
    });

  const timed = (arm: string, process: number, round: number, ms: number): PeerTiming => {
    const labels = { model: "demo", task: "decode", promptLength: 8, arm } as const;
    return { ...labels, process, round, ms, tokenDigest: "tokens", isRight: true };
  };

  const timings = [0, 1, 2].flatMap((process) =>
    [0, 1, 2].flatMap((round) => [
      timed("reference", process, round, 2),
      timed("reference_twin", process, round, 2),
      timed("onnxruntime", process, round, 6),
    ]),
  );

  test("has times of one token, and ratios to the reference", () => {
    const [reference, other] = peerRows(timings, audits("ok"), "run");
    expect(reference).toMatchObject({ engine: "reference", task: "decode", median_ms: 2, n: 9 });
    expect(reference.ratio_to_reference).toBeNull();
    expect(other).toMatchObject({ median_ms: 6, ratio_to_reference: 3, aa_ratio: 1 });
    expect(other).toMatchObject({ tokens_per_s: 166.67, verdict: "slower", status: "ok" });
  });

  test.for(["mismatch", "not_offered", "not_installed"] as const)(
    "has no times for %s",
    (status) => {
      const [reference, other] = peerRows(timings, audits(status), "run");
      expect(reference.median_ms).toBe(2);
      expect(other).toMatchObject({
        status,
        median_ms: null,
        ratio_to_reference: null,
        verdict: null,
      });
    },
  );

  test.for([{ tokenDigest: "other" }, { isRight: false }])(
    "has no times for an engine with different tokens in one run: %o",
    (wrong) => {
      const once = timings.findIndex(({ arm }) => arm === "onnxruntime");
      const moved = timings.with(once, { ...timings[once], ...wrong });
      const [reference, other] = peerRows(moved, audits("ok"), "run");
      expect(reference.status).toBe("ok");
      expect(other).toMatchObject({ status: "mismatch", median_ms: null });
      expect(other.error).toBe("the tokens are not the reference's");
    },
  );
});

test("every process times all available peers, in another order", () => {
  const jobs = peerJobs("smoke", () => ["reference", "onnxruntime"], 42);
  expect(jobs.map(({ process }) => process)).toEqual([0, 1]);
  expect(new Set(jobs.map(({ orderSeed }) => orderSeed)).size).toBe(2);
});

test("every round calls each case of each peer once, and of the baseline twice", async () => {
  const [job] = peerJobs("smoke", () => ["reference", "onnxruntime"], 42);
  const calls = await Array.fromAsync(timePeers(job));
  expect(calls).toHaveLength(timingCount(job));
  const arms = ["reference", "reference_twin", "onnxruntime"];
  const expected = ["prefill", "decode", "naive"].flatMap((task) =>
    arms.map((arm) => `${task} ${arm}`),
  );
  for (const of of Map.groupBy(calls, ({ round }) => round).values()) {
    expect(of.map(({ task, arm }) => `${task} ${arm}`).toSorted()).toEqual(expected.toSorted());
  }
  for (const of of Map.groupBy(calls, ({ task }) => task).values()) {
    expect(new Set(of.map(({ tokenDigest }) => tokenDigest)).size).toBe(1);
  }
  expect(calls.filter(({ ms, isRight }) => !(ms > 0 && isRight))).toEqual([]);
});
