/**
 * An ONNX file: a graph of operators and its constants, in protocol buffers. The messages are
 * written field by field, as a graph of basic operators needs few of them.
 *
 * @see github.com/onnx/onnx, onnx/onnx.proto, for the numbers of fields and types
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** The types of written tensors, and their numbers in `TensorProto.DataType`. */
const dataTypes = { float32: 1, int64: 7, float64: 11 } as const;

type DataType = keyof typeof dataTypes;

/** The floating-point type of a graph. */
export type FloatWidth = "float32" | "float64";

/** The name of a tensor in the graph. */
export type Value = string;

/** An extent, or the letter of one that is chosen when the graph runs. */
type Extent = number | string;

/** ONNX 1.12, which all recent engines read. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** Largest size of a message in protocol buffers. */
const MAX_BYTES = 2 ** 31 - 1;

const INT = 2;
const INTS = 7;

/** Writes the fields of a message, by number. */
type Message = (writer: BinaryWriter) => void;

/** A graph of operators: each node reads tensors by name and names its output. */
export class OnnxGraph {
  readonly floats: FloatWidth;
  readonly #nodes: Message[] = [];
  readonly #initializers: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  #bytes = 0;
  #names = 0;

  constructor(floats: FloatWidth) {
    this.floats = floats;
  }

  /** Adds an input of the graph. */
  input(name: string, type: DataType, shape: readonly Extent[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return name;
  }

  /** Makes `name` an output of the graph. */
  output(name: Value, type: DataType, shape: readonly Extent[]): void {
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Adds constants of the graph's type, rounded if that is float32. */
  constant(data: Float64Array, shape: readonly number[], name = this.#fresh("constant")): Value {
    return this.#initializer(
      name,
      this.floats,
      shape,
      this.floats === "float64" ? data : Float32Array.from(data),
    );
  }

  scalar(x: number): Value {
    return this.constant(Float64Array.of(x), []);
  }

  /** Adds a list of integers, for shapes, axes and indices. */
  integers(...data: readonly number[]): Value {
    const name = this.#fresh("integers");
    return this.#initializer(name, "int64", [data.length], BigInt64Array.from(data.map(BigInt)));
  }

  /**
   * Adds an operator and returns its output.
   *
   * @param attributes an integer or a list of them
   */
  node(
    operator: string,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, number | readonly number[]>> = {},
    output = this.#fresh(operator),
  ): Value {
    this.#nodes.push((writer) => {
      for (const input of inputs) text(writer, 1, input);
      text(writer, 2, output);
      text(writer, 3, output);
      text(writer, 4, operator);
      for (const [name, value] of Object.entries(attributes)) {
        message(writer, 5, attribute(name, value));
      }
    });
    return output;
  }

  /**
   * Returns the bytes of the file.
   *
   * @throws {RangeError} if it exceeds the limit of protocol buffers
   */
  bytes(name: string): Uint8Array {
    if (this.#bytes > MAX_BYTES) {
      throw new RangeError(`ONNX: a model must be at most ${MAX_BYTES} bytes, got ${this.#bytes}`);
    }
    const writer = new BinaryWriter();
    writer.tag(1, WireType.Varint).int64(IR_VERSION);
    text(writer, 2, "causalgate");
    message(writer, 7, (graph) => {
      for (const node of this.#nodes) message(graph, 1, node);
      text(graph, 2, name);
      for (const initializer of this.#initializers) message(graph, 5, initializer);
      for (const input of this.#inputs) message(graph, 11, input);
      for (const output of this.#outputs) message(graph, 12, output);
    });
    message(writer, 8, (opset) => opset.tag(2, WireType.Varint).int64(OPSET_VERSION));
    return writer.finish();
  }

  #fresh(what: string): Value {
    this.#names++;
    return `${what}_${this.#names}`;
  }

  #initializer(
    name: string,
    type: DataType,
    shape: readonly number[],
    data: Float32Array | Float64Array | BigInt64Array,
  ): Value {
    this.#bytes += data.byteLength;
    this.#initializers.push((writer) => {
      for (const extent of shape) writer.tag(1, WireType.Varint).int64(extent);
      writer.tag(2, WireType.Varint).int32(dataTypes[type]);
      text(writer, 8, name);
      const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      writer.tag(9, WireType.LengthDelimited).bytes(raw);
    });
    return name;
  }
}

function attribute(name: string, value: number | readonly number[]): Message {
  return (writer) => {
    text(writer, 1, name);
    const list = typeof value === "number" ? [value] : value;
    for (const item of list) writer.tag(list === value ? 8 : 3, WireType.Varint).int64(item);
    writer.tag(20, WireType.Varint).int32(list === value ? INTS : INT);
  };
}

function valueInfo(name: string, type: DataType, shape: readonly Extent[]): Message {
  const extents: Message = (writer) => {
    for (const extent of shape) {
      message(writer, 1, (dimension) => {
        if (typeof extent === "string") text(dimension, 2, extent);
        else dimension.tag(1, WireType.Varint).int64(extent);
      });
    }
  };
  const tensor: Message = (writer) => {
    writer.tag(1, WireType.Varint).int32(dataTypes[type]);
    message(writer, 2, extents);
  };
  return (writer) => {
    text(writer, 1, name);
    message(writer, 2, (typeProto) => message(typeProto, 1, tensor));
  };
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, fields: Message): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  fields(writer);
  writer.join();
}
