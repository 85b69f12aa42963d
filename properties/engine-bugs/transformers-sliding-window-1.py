"""transformers: a sliding window of 1 never forgets. Seen in 5.23.0 with torch 2.15.0.

    python3 transformers-sliding-window-1.py     exits with 1 while the bug is there

A layer's cache keeps the last `sliding_window - 1` keys as `keys[:, :, -sliding_window + 1 :]`.
With a window of 1 that is `[-0:]`, which is everything. A single token after others then sees them
all; several at once end in an error, as the mask is for fewer keys. Found by window-receptive-field and chunk-invariance.
"""

import sys

import torch
from transformers import DynamicCache, MistralConfig, MistralForCausalLM

torch.manual_seed(0)
config = MistralConfig(
    vocab_size=5, hidden_size=4, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=2, max_position_embeddings=8, sliding_window=1,
    bos_token_id=None, eos_token_id=None,
)
model = MistralForCausalLM(config).eval()


@torch.no_grad()
def last_logits(*calls):
    cache = DynamicCache(config=config)
    for tokens in calls:
        logits = model(input_ids=torch.tensor([tokens]), past_key_values=cache).logits
    return logits[0, -1]


print("kept after 3 tokens:", end=" ")
cache = DynamicCache(config=config)
with torch.no_grad():
    model(input_ids=torch.tensor([[1, 2, 3]]), past_key_values=cache)
print(cache.layers[0].keys.shape[-2], "keys, should be 0")

whole, stepped = last_logits([1, 2, 3]), last_logits([1], [2], [3])
print("in one call:", whole.tolist())
print("one by one: ", stepped.tolist())
try:
    last_logits([1], [2, 3])
    print("in two calls: no error")
except RuntimeError as error:
    print("in two calls:", error)
sys.exit(int(not torch.allclose(whole, stepped, atol=1e-5)))
