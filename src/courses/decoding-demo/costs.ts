import { type IntensityRow, intensityRows } from "../../cost/intensity-table.ts";
import { parameterSummary, share } from "../../cost/parameters.ts";
import {
  bigInteger,
  defineTable,
  number,
  oneOf,
  type RowOf,
  schemaVersion,
  text,
  version,
} from "../../io/table.ts";
import { namedModel } from "../../model/named/registry.ts";
import {
  type assignmentIntensityTable,
  attentionRows,
} from "../two-layer-assignment/intensity-table.ts";

const components = ["embedding", "attention", "feed-forward", "norms", "head", "total"] as const;

export const parametersTable = defineTable({
  file: "parameters.csv",
  command: "npx causalgate demo",
  about: "Parameters of one component of a public model; total is the sum of the others.",
  columns: {
    schema_version: version,
    model: text("model name"),
    title: text("name that its authors use"),
    component: oneOf(components, "part of the model"),
    parameters: bigInteger("parameters; 0 in a tied head"),
    share: number("share of all parameters, 0 to 1"),
  },
});

const compared = ["llama-2-7b", "llama-3-8b", "mistral-7b"];

/** Returns the parameters of three public models by component, then their total. */
export function parametersRows(): RowOf<typeof parametersTable>[] {
  return compared.flatMap((name) => {
    const { title, config } = namedModel(name);
    const { embedding, positions, block, finalNorm, lmHead, total } = parameterSummary(config);
    const layers = BigInt(config.numHiddenLayers);
    const counts = {
      embedding: embedding + positions,
      attention: layers * block.attention,
      "feed-forward": layers * block.feedForward,
      norms: layers * block.norms + finalNorm,
      head: lmHead,
      total,
    };
    return components.map((component) => ({
      schema_version: schemaVersion,
      model: name,
      title,
      component,
      parameters: counts[component],
      share: share(counts[component], total),
    }));
  });
}

/** The model that the two-layer assignment sizes, in fp16. */
const sized = "llama-3-8b";
const bytes = 2;
const contexts = [64, 128, 256, 512, 1024, 2048, 4096, 8192];
const batches = [1, 2, 4, 8, 16, 32, 64, 128];
const decodeContext = 1024;

/** Returns prefill of every context and decode of every batch: whole steps and attention. */
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

/** Returns the same for the attention of one head, by the formulas of the assignment. */
export function assignmentRows(): RowOf<typeof assignmentIntensityTable>[] {
  const model = namedModel(sized);
  const rowsOf = (context: number) =>
    attentionRows(model, { context, batches, bytesPerElement: bytes });
  return [
    ...contexts.flatMap((context) => rowsOf(context).filter(({ phase }) => phase === "prefill")),
    ...rowsOf(decodeContext).filter(({ phase }) => phase === "decode"),
  ];
}
