/** The cost of serving Llama 3 8B on one A100, from the configuration alone. */
import {
  datasheetRoofs,
  decodeFlops,
  GB,
  kvBytesPerToken,
  maxBatch,
  namedDevice,
  namedModel,
  parameterCount,
  rooflinePoint,
  roofSeconds,
  sumTraffic,
  trafficRows,
} from "causalgate/cost";

const { config } = namedModel("llama-3-8b");
const device = namedDevice("a100-80gb-sxm");
const bytes = { weightBytesPerElement: 2, kvBytesPerElement: 2, activationBytesPerElement: 2 };

console.log(`parameters:             ${parameterCount(config)}`);
console.log(`KV cache of one token:  ${kvBytesPerToken(config, bytes.kvBytesPerElement)} bytes`);

const rows = [512, 2048, 8192].map((context) => {
  const memory = { deviceBytes: device.memoryGB * GB, utilization: 0.9 };
  const { plan } = maxBatch(config, { ...memory, context, ...bytes });
  const batch = Number(plan!.maxBatch);
  const step = { newTokens: 1, heldTokens: context - 1, batch, ...bytes };
  const traffic = sumTraffic(trafficRows(config, { ...step, fusion: "streamed" }));
  const roofs = datasheetRoofs(device, "bf16");
  return {
    context,
    "FLOPs of a token": decodeFlops(config, context),
    "requests that fit": batch,
    "limit of a step": rooflinePoint(roofs, traffic).bound,
    "tokens/s at most": Math.floor(batch / roofSeconds(roofs, traffic)),
  };
});
console.table(rows);
