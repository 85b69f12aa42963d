import { type IntensityRow, intensityRows } from "../../cost/intensity-table.ts";
import { parameterSummary, share } from "../../cost/parameters.ts";
import type { RowOf } from "../../io/table.ts";
import { namedModel } from "../../model/named/registry.ts";
import type { TableRow } from "../../report/schema/index.ts";
import {
  type assignmentIntensityTable,
  attentionRows,
} from "../two-layer-assignment/intensity-table.ts";

const compared = ["llama-2-7b", "llama-3-8b", "mistral-7b"];

/** The parameters of three public models by component, then their total. */
export function parametersRows(): TableRow<"parameters">[] {
  return compared.flatMap((name) => {
    const { title, config } = namedModel(name);
    const { embedding, positions, block, finalNorm, lmHead, total } = parameterSummary(config);
    const layers = BigInt(config.numHiddenLayers);
    const components = {
      embedding: embedding + positions,
      attention: layers * block.attention,
      "feed-forward": layers * block.feedForward,
      norms: layers * block.norms + finalNorm,
      head: lmHead,
      total,
    };
    return Object.entries(components).map(([component, parameters]) => ({
      schema_version: 1 as const,
      model: name,
      title,
      component: component as keyof typeof components,
      parameters,
      share: share(parameters, total),
    }));
  });
}

/** The model that the two-layer assignment sizes, in fp16. */
const sized = "llama-3-8b";
const bytes = 2;
const contexts = [64, 128, 256, 512, 1024, 2048, 4096, 8192];
const batches = [1, 2, 4, 8, 16, 32, 64, 128];
const decodeContext = 1024;

/** Prefill of one sequence of every length, decode of every batch: whole steps and attention. */
export function demoIntensityRows(): IntensityRow[] {
  const model = namedModel(sized);
  const widths = {
    weightBytesPerElement: bytes,
    kvBytesPerElement: bytes,
    activationBytesPerElement: bytes,
    fusion: "streamed",
  } as const;
  return [
    ...contexts.map((context) => ({ phase: "prefill", context, batch: 1 }) as const),
    ...batches.map((batch) => ({ phase: "decode", context: decodeContext, batch }) as const),
  ].flatMap((step) =>
    intensityRows(model, { ...step, ...widths }).filter(({ level }) => level !== "op"),
  );
}

/** The same for the attention of one head, by the formulas of the two-layer assignment. */
export function assignmentRows(): RowOf<typeof assignmentIntensityTable>[] {
  const model = namedModel(sized);
  const rowsOf = (context: number) =>
    attentionRows(model, { context, batches, bytesPerElement: bytes });
  return [
    ...contexts.flatMap((context) => rowsOf(context).filter(({ phase }) => phase === "prefill")),
    ...rowsOf(decodeContext).filter(({ phase }) => phase === "decode"),
  ];
}
