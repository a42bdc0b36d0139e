"""`hf:REPO_OR_PATH`: any Hugging Face image-text-to-text model."""

from cxrbench.adapters.huggingface.adapter import HuggingFaceAdapter, create

__all__ = ["HuggingFaceAdapter", "create"]
