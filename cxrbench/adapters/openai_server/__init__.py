"""`openai:MODEL`: any server that speaks OpenAI's chat completions (vLLM, SGLang, Ollama, llama.cpp, ...)."""

from cxrbench.adapters.openai_server.adapter import OpenAIAdapter, create

__all__ = ["OpenAIAdapter", "create"]
