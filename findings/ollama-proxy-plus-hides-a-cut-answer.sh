#!/usr/bin/env bash
# What was found: ollama-proxy-plus 0.1.0 (PyPI), a stand-in for Ollama before OpenAI-compatible servers, ends every /api/chat
# stream with done_reason "stop", also where the server behind it said finish_reason "length". Its prompt_eval_count and
# eval_count are not tokens but words split at white space, counted by the proxy over messages and deltas; the usage that the
# server behind it tells is dropped. Its /api/show has no context length, its /api/ps lists nothing. An error of the
# server behind it comes as HTTP 200 with a last line that has "done_reason":"error" and an "error" text.
# Why it matters: a client that asks Ollama's API whether an answer was cut, whether a prompt was silently shortened
# (prompt_eval_count far below its own estimate) or how many tokens were spent is misled by it in each; only the text itself
# tells that it is unfinished.
# Seen with: ollama-proxy-plus 0.1.0, Python 3.11; the server behind it is a stand-in written here.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check ollama-proxy-plus==0.1.0
cat >behind.py <<'PY'
import http.server, json

class Behind(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["messages"][-1]["content"] == "refuse":
            said = json.dumps({"error": {"message": "no such thing"}}).encode()
            self.send_response(400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            return
        def event(delta, reason=None, **more):
            choice = {"index": 0, "delta": delta, "finish_reason": reason}
            chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}
            return b"data: " + json.dumps(chunk).encode() + b"\n\n"
        usage = {"prompt_tokens": 700, "completion_tokens": 90, "total_tokens": 790}
        said = event({"content": "Mara lit "}) + event({"content": "the lamp and"}) + event({}, "length", usage=usage)
        said += b"data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
print(server.server_port, flush=True)
server.serve_forever()
PY
env/bin/python behind.py >behind.port &
until [ -s behind.port ]; do read -rt 0.1 <> <(:) || true; done
port=$(env/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PROVIDERS_BEHIND_API_KEY=none PROVIDERS_BEHIND_BASE_URL="http://127.0.0.1:$(cat behind.port)/v1" \
  env/bin/ollama-proxy --host 127.0.0.1 --port "$port" >proxy.log 2>&1 &
cat >look.py <<'PY'
import json, sys, time, urllib.request
base = f"http://127.0.0.1:{sys.argv[1]}"

def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.read().decode()

for _ in range(300):
    try:
        ask("/api/ps")
        break
    except OSError:
        time.sleep(0.1)

def chat(content):
    body = {"model": "behind/m", "stream": True, "messages": [{"role": "user", "content": content}]}
    status, text = ask("/api/chat", body)
    return status, json.loads(text.strip().split("\n")[-1])

status, last = chat("four words of prompt")
seen = {k: last.get(k) for k in ("done_reason", "prompt_eval_count", "eval_count")}
print(status, json.dumps(seen))
assert seen == {"done_reason": "stop", "prompt_eval_count": 4, "eval_count": 5}, seen
status, last = chat("refuse")
print(status, last["done_reason"], "error" in last)
assert (status, last["done_reason"], "error" in last) == (200, "error", True)
info = json.loads(ask("/api/show", {"model": "behind/m"})[1])["model_info"]
print(json.dumps(info), ask("/api/ps")[1])
assert not any("context_length" in key for key in info)
assert json.loads(ask("/api/ps")[1]) == {"models": []}
PY
env/bin/python look.py "$port"
echo "as seen: a cut answer ends with \"stop\", words are counted as tokens, errors come with HTTP 200"
