"""Hugging Face transformers on PyTorch, as a program with the protocol of process.ts.

    python3 transformers-adapter.py float32|float64|bfloat16|float16 [eager|sdpa]

It serves any number of models, each loaded from a folder with config.json and model.safetensors. It
uses the same classes as a user of transformers: AutoModelForCausalLM, and DynamicCache with the
configuration of the model, as in generate().
"""

import contextlib
import copy
import json
import os
import sys


@contextlib.contextmanager
def widened(torch, dtype):
    """In float64, replaces float32 by float64 inside transformers.

    transformers casts norms, the angles of RoPE and softmax to float32 for every type of model, so
    that a float64 model is accurate only to about 1e-7. The equations are not changed.
    """
    if dtype != "float64":
        yield
        return
    names = (torch.float32, torch.float, torch.Tensor.float)
    torch.float32 = torch.float = torch.float64
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.float32, torch.float, torch.Tensor.float = names


class Sequence:
    """Tokens and their cache."""

    def __init__(self, model, position):
        self.model = model
        self.position = position
        self.tokens = []
        self.cache = model.new_cache()

    def append(self, tokens, rows):
        """Returns the logits after each of the last `rows` tokens, [rows, V]."""
        logits = self.model.run(tokens, self.position + len(self.tokens), self.cache, rows)
        self.tokens += tokens
        return logits

    def rewind(self, length):
        if length == len(self.tokens):
            return
        kept = self.tokens[:length]
        if self.model.croppable and kept:
            self.cache.crop(length - len(self.tokens))
        else:
            # A layer with a window has dropped tokens that are visible again.
            self.cache = self.model.new_cache()
            if kept:
                self.model.run(kept, self.position, self.cache, 1)
        self.tokens = kept

    def fork(self):
        twin = copy.copy(self)
        twin.tokens = list(self.tokens)
        twin.cache = copy.deepcopy(self.cache)
        return twin


class Model:
    """A model loaded from a folder."""

    def __init__(self, libraries, folder, dtype, attention):
        self.torch, self.transformers, safetensors = libraries
        self.dtype = dtype
        tensors = safetensors.load_file(os.path.join(folder, "model.safetensors"))
        config = self.transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        with widened(self.torch, dtype):
            network = self.transformers.AutoModelForCausalLM.from_config(
                config, dtype=getattr(self.torch, dtype), attn_implementation=attention
            ).eval()
        self.network = network
        self.fill(tensors)
        self.vocab_size = config.vocab_size
        self.max_position_embeddings = config.max_position_embeddings
        layers = self.new_cache().layers
        self.croppable = not any(getattr(layer, "is_sliding", False) for layer in layers)

    def fill(self, tensors):
        """Copies the weights; a tied head already shares the memory of the embedding."""
        known = self.network.state_dict()
        prefix = self.network.base_model_prefix
        named = {name if name in known else f"{prefix}.{name}": x for name, x in tensors.items()}
        missing, unknown = self.network.load_state_dict(named, strict=False)
        if self.network.config.tie_word_embeddings:
            missing = [name for name in missing if name != "lm_head.weight"]
        if missing or unknown:
            raise ValueError(f"weights must be the model's, got {missing} missing, {unknown} more")

    def new_cache(self):
        return self.transformers.DynamicCache(config=self.network.config)

    def run(self, tokens, position, cache, rows):
        torch = self.torch
        with widened(torch, self.dtype):
            output = self.network(
                input_ids=torch.tensor([tokens]),
                position_ids=torch.arange(position, position + len(tokens))[None],
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=rows,
            )
        logits = output.logits[0]
        return logits if self.dtype == "float64" else logits.float()


class Server:
    """Answers one request at a time."""

    def __init__(self, libraries, dtype, attention):
        self.libraries = libraries
        self.dtype = dtype
        self.attention = attention
        self.models = {}
        self.sequences = {}

    def answer(self, request):
        """Returns the fields of the answer, and logits or None."""
        what = request["do"]
        if what == "load":
            model = Model(self.libraries, request["path"], self.dtype, self.attention)
            self.models[request["model"]] = model
            sizes = ("vocab_size", "max_position_embeddings")
            return {size: getattr(model, size) for size in sizes}, None
        if what == "unload":
            del self.models[request["model"]]
            return {}, None
        number = request["sequence"]
        if what == "start":
            model = self.models[request["model"]]
            self.sequences[number] = Sequence(model, request.get("position", 0))
            return {"length": 0}, None
        if what == "stop":
            del self.sequences[number]
            return {"length": 0}, None
        sequence = self.sequences[number]
        if what == "append":
            rows = request["rows"]
            logits = sequence.append(request["tokens"], rows)
            return {"length": len(sequence.tokens), "rows": rows}, logits
        if what == "rewind":
            sequence.rewind(request["length"])
        elif what == "fork":
            self.sequences[request["into"]] = sequence.fork()
        else:
            raise ValueError(f"there is no request {what}")
        return {"length": len(sequence.tokens)}, None


def main(dtype, attention="sdpa"):
    # Output of libraries goes to the standard error, so that only answers are on the output.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def send(header, logits=None):
        answers.write(json.dumps(header).encode() + b"\n")
        if logits is not None:
            answers.write(logits.contiguous().numpy().tobytes())
        answers.flush()

    try:
        import safetensors.torch
        import torch
        import transformers
    except ImportError as error:
        name = error.name or "transformers"
        fix = "python3 -m pip install torch transformers, and CAUSALGATE_PYTHON names the python3"
        send({"error": f"no Python package {name}; {fix}"})
        return
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    server = Server((torch, transformers, safetensors.torch), dtype, attention)
    send({
        "protocol": "causalgate 1",
        "dtype": "float64" if dtype == "float64" else "float32",
        "capabilities": ["all-rows", "rewind", "fork", "offset", "load"],
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    })
    for line in sys.stdin:
        request = json.loads(line)
        try:
            fields, logits = server.answer(request)
            send({"id": request["id"], **fields}, logits)
        except Exception as error:
            send({"id": request["id"], "error": f"{type(error).__name__}: {error}"[:2000]})
    # All answers are sent; a normal exit of torch is slow.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
