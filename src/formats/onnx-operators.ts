/** Norms and activations of basic ONNX operators. */
import type { ModelConfig } from "../model/config.ts";
import type { OnnxGraph, Value } from "./onnx-graph.ts";

/** `g x / sqrt(mean(x^2) + eps)`, over the last axis. */
export function rmsNorm(graph: OnnxGraph, x: Value, weight: Value, eps: Value): Value {
  const meanSquare = graph.node("ReduceMean", [graph.node("Mul", [x, x])], { axes: [-1] });
  const root = graph.node("Sqrt", [graph.node("Add", [meanSquare, eps])]);
  return graph.node("Mul", [graph.node("Div", [x, root]), weight]);
}

/** `g (x - mean) / sqrt(variance + eps) + b`, over the last axis. */
export function layerNorm(
  graph: OnnxGraph,
  x: Value,
  weight: Value,
  bias: Value,
  eps: Value,
): Value {
  const mean = graph.node("ReduceMean", [x], { axes: [-1] });
  const centred = graph.node("Sub", [x, mean]);
  return graph.node("Add", [rmsNorm(graph, centred, weight, eps), bias]);
}

type Activation = (graph: OnnxGraph, x: Value) => Value;

/** The activations of the feed-forward layer; that of SwiGLU is applied to its gate. */
export const activations: Readonly<Record<ModelConfig["feedForward"], Activation>> = {
  swiglu: (graph, x) => graph.node("Mul", [x, graph.node("Sigmoid", [x])]),
  relu: (graph, x) => graph.node("Relu", [x]),
  gelu: (graph, x) => {
    const scaled = graph.node("Mul", [x, graph.scalar(Math.SQRT1_2)]);
    return halfOnePlus(graph, x, erf(graph, scaled));
  },
  gelu_tanh: (graph, x) => {
    const cube = graph.node("Mul", [graph.node("Mul", [x, x]), x]);
    const bend = graph.node("Mul", [cube, graph.scalar(0.044715)]);
    const sum = graph.node("Add", [x, bend]);
    const scaled = graph.node("Mul", [sum, graph.scalar(Math.sqrt(2 / Math.PI))]);
    return halfOnePlus(graph, x, graph.node("Tanh", [scaled]));
  },
};

/** Returns `x / 2 (1 + y)`, for both forms of GELU. */
function halfOnePlus(graph: OnnxGraph, x: Value, y: Value): Value {
  const half = graph.node("Mul", [x, graph.scalar(0.5)]);
  return graph.node("Mul", [half, graph.node("Add", [y, graph.scalar(1)])]);
}

/** From this value on, the error function is 1 in float64. */
const ERF_END = 6;

/** Number of terms: the last, at {@link ERF_END}, is below the rounding of the sum. */
const ERF_TERMS = 110;

/**
 * The error function. `Erf` exists only in float32, so in float64 it is computed as a power series
 * without cancellation, `2 / sqrt(pi) x e^(-x^2) sum 2^n x^(2n) / (2n + 1)!!`, the sum as a matrix
 * product of powers with coefficients. Abramowitz and Stegun 7.1.6.
 */
function erf(graph: OnnxGraph, x: Value): Value {
  if (graph.floats === "float32") return graph.node("Erf", [x]);
  const coefficients = new Float64Array(ERF_TERMS).fill(2 / Math.sqrt(Math.PI));
  for (let n = 1; n < ERF_TERMS; n++) coefficients[n] = (coefficients[n - 1] * 2) / (2 * n + 1);
  const exponents = Float64Array.from(coefficients.keys());

  const bounded = graph.node("Clip", [x, graph.scalar(-ERF_END), graph.scalar(ERF_END)]);
  const square = graph.node("Mul", [bounded, bounded]);
  const column = graph.node("Unsqueeze", [square, graph.integers(-1)]);
  const powers = graph.node("Pow", [column, graph.constant(exponents, [ERF_TERMS])]);
  const sum = graph.node("MatMul", [powers, graph.constant(coefficients, [ERF_TERMS])]);
  const decay = graph.node("Exp", [graph.node("Neg", [square])]);
  return graph.node("Mul", [graph.node("Mul", [bounded, decay]), sum]);
}
