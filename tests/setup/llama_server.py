"""Serves a small real model on loopback, over the OpenAI and the Anthropic protocol.

    llama_server.py WEIGHTS.gguf

Prints its URL as the first line of stdout once the model is loaded, and ends when stdin is
closed: whoever started it can't leave it behind, not even by being killed.
"""

import sys
import time
import urllib.error
import urllib.request

from xllamacpp import CommonParams, Server

LOAD_DEADLINE_S = 120
CONTEXT_TOKENS = 8192  # what the weights were trained for
THREADS = 2
# So small a model runs in circles without it.
REPEAT_PENALTY = 1.15
REPEAT_LAST_TOKENS = 512


def serve(weights: str) -> Server:
    params = CommonParams()
    params.model.path = weights
    params.hostnames = ["127.0.0.1"]
    params.port = 0  # the system picks a free one
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = THREADS
    params.fit_params = False
    params.sampling.penalty_repeat = REPEAT_PENALTY
    params.sampling.penalty_last_n = REPEAT_LAST_TOKENS
    return Server(params)


def wait_until_loaded(url: str) -> None:
    """The server answers 503 while it loads."""
    deadline = time.monotonic() + LOAD_DEADLINE_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except (urllib.error.URLError, TimeoutError) as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"{url} did not load {LOAD_DEADLINE_S} s long: {error}")
            time.sleep(0.1)


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    server = serve(sys.argv[1])
    url = server.listening_address
    wait_until_loaded(url)
    print(url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
