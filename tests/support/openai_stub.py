"""A chat completions server in the wire format of OpenAI, well behaved or not, for tests and benchmarks.

    python openai_stub.py --latency 0.05 --chaos 0.3 --seed 1

Prints its port on the first line. What it answers is a function of the request alone: "echo", the last word of the
prompt, and the number of films.
With --chaos it fails at random in many ways, but at most four times for the same prompt.
"""

import argparse
import asyncio
import hashlib
import json
import random
import socket
from collections import Counter

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

WAYS = (
    "429-soon", "429", "500", "503", "malformed", "truncated", "closed", "hang", "no-choices", "wrong-type", "html",
)  # fmt: skip
MOST_FAILURES = 4


class Server:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.failures = Counter()
        self.seen = Counter()

    async def complete(self, request):
        body = await request.json()
        content = body["messages"][-1]["content"]
        text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
        films = [part for part in content if isinstance(part, dict) and part.get("type") == "image_url"]
        key = hashlib.sha256(json.dumps(body["messages"]).encode()).hexdigest()
        self.seen["requests"] += 1
        self.seen["under_way"] += 1
        self.seen["most_under_way"] = max(self.seen["most_under_way"], self.seen["under_way"])
        try:
            if self.failures[key] < MOST_FAILURES and self.random.random() < self.options.chaos:
                self.failures[key] += 1
                way = self.random.choice(WAYS)
                self.seen[way] += 1
                return await self.fail(way)
            await asyncio.sleep(self.options.latency)
        finally:
            self.seen["under_way"] -= 1
        if self.options.expect_key and request.headers.get("authorization") != f"Bearer {self.options.expect_key}":
            message = f"Incorrect API key provided: {request.headers.get('authorization')}"
            return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, 401)
        self.seen["answered"] += 1
        return JSONResponse(completion(body["model"], answer_to(body, text, films)))

    async def fail(self, way):
        if way == "429-soon":
            return JSONResponse({"error": {"message": "slow down"}}, 429, headers={"retry-after": "0.05"})
        if way in ("429", "500", "503"):
            return JSONResponse({"error": {"message": "not now"}}, int(way))
        if way == "malformed":
            return Response(b'{"id": "x", "choices": [{"mess', media_type="application/json")
        if way == "hang":
            await asyncio.sleep(self.options.hang)
            return JSONResponse({})
        if way == "no-choices":
            return JSONResponse({**completion("m", "x"), "choices": []})
        if way == "wrong-type":
            return JSONResponse(completion("m", {"not": "text"}))
        if way == "html":
            return Response(b"<html>proxy error</html>", media_type="text/html")
        return StreamingResponse(broken(way), headers={"content-length": "500"}, media_type="application/json")

    async def stats(self, request):
        return JSONResponse(dict(self.seen))


async def broken(way):
    if way == "truncated":
        yield b'{"id": "x", "object": "chat.completion", '
    await asyncio.sleep(0)
    raise ConnectionResetError


def completion(model, content):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content, "refusal": None},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }


def answer_to(body, text, films):
    if body.get("response_format", {}).get("type") == "json_schema":
        fields = body["response_format"]["json_schema"]["schema"]["properties"]
        return json.dumps({name: 0.75 if name == "confidence" else "yes" for name in fields})
    return f"echo {text.split()[-1]} {len(films)} films"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--chaos", type=float, default=0.0)
    parser.add_argument("--hang", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--expect-key", default="")
    server = Server(parser.parse_args())
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", server.complete, methods=["POST"]),
            Route("/stats", server.stats),
        ]
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
