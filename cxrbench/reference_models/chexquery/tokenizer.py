"""Text to token ids and back, without loss of spacing or case.

`tiny` trains a byte-pair encoding on its own training reports: frequent words become one token, others are spelt.
`base` uses Flan-T5's. Both mark the beginning of a word with "▁", so decoding restores normal text.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cxrbench.core.errors import UsageError, WeightsError

PAD, EOS, UNKNOWN = "<pad>", "</s>", "<unk>"


class ReportTokenizer:
    """A `tokenizers.Tokenizer` with T5's special tokens: padding (also the decoder's start token), end, unknown."""

    def __init__(self, backend: Any, where: str = "tokenizer") -> None:
        self.backend = backend
        self.backend.no_padding()
        self.backend.no_truncation()
        ids = {token: backend.token_to_id(token) for token in (PAD, EOS, UNKNOWN)}
        lacking = [token for token, id in ids.items() if id is None]
        if lacking:
            raise WeightsError(
                f"the tokenizer has no {', '.join(lacking)} token", where=where, valid="a T5 tokenizer"
            )
        self.pad_id, self.eos_id, self.unknown_id = (int(ids[token]) for token in (PAD, EOS, UNKNOWN))

    @property
    def start_id(self) -> int:
        """What the decoder begins with; T5 uses the padding token."""
        return self.pad_id

    @property
    def vocab_size(self) -> int:
        return int(self.backend.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Token ids, without special tokens."""
        return list(self.backend.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of token ids; special tokens are left out."""
        return str(self.backend.decode(list(ids), skip_special_tokens=True)).strip()

    def prompt_ids(self, prompt: str) -> list[int]:
        """The decoder's fixed beginning: start token and prompt."""
        return [self.start_id, *self.encode(prompt)]

    def save(self, path: Path) -> None:
        """Write tokenizer.json."""
        path.write_text(self.to_json(), encoding="utf-8")

    def to_json(self) -> str:
        return str(self.backend.to_str(pretty=True))

    @classmethod
    def load(cls, path: Path) -> ReportTokenizer:
        """Read a tokenizer.json.

        Raises:
            WeightsError: The file is missing or no tokenizer.
        """
        from tokenizers import Tokenizer

        if not path.is_file():
            raise WeightsError("the tokenizer is missing", where=str(path), valid="a tokenizer.json file")
        try:
            backend = Tokenizer.from_file(str(path))
        except Exception as error:  # the Rust extension raises bare Exception
            raise WeightsError(f"unreadable tokenizer: {error}", where=str(path)) from error
        return cls(backend, str(path))

    @classmethod
    def from_hub(cls, source: str, *, local_files_only: bool = True) -> ReportTokenizer:
        """Flan-T5's tokenizer from a local folder or, if the user allows the network, from the hub."""
        if (Path(source) / "tokenizer.json").is_file():
            return cls.load(Path(source) / "tokenizer.json")
        from transformers import AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_files_only)
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"the tokenizer of {source} is not on this machine",
                valid="a local folder with tokenizer.json, or a cached hub id",
                hint=f"hf download {source}",
            ) from error
        return cls(tokenizer.backend_tokenizer, source)

    @classmethod
    def train(cls, texts: Iterable[str], *, vocab_size: int = 2048, min_frequency: int = 2) -> ReportTokenizer:
        """Train on target texts; the same texts in the same order give the same tokenizer.

        Args:
            texts: Whole targets, prompt words included, so that every word of them is in the vocabulary.
            vocab_size: Upper bound; small corpora need less.
            min_frequency: Pairs rarer than this are not merged.
        """
        from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

        corpus = sorted(texts)
        if not corpus:
            raise UsageError("a tokenizer cannot be trained on no text", hint="check the training split")
        backend = Tokenizer(models.BPE(unk_token=UNKNOWN))
        backend.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Metaspace(prepend_scheme="first"), pre_tokenizers.Punctuation("isolated")]
        )
        backend.decoder = decoders.Metaspace(prepend_scheme="first")
        printable = [chr(code) for code in range(0x21, 0x7F)]
        trainer = trainers.BpeTrainer(
            vocab_size=vocab_size,
            min_frequency=min_frequency,
            special_tokens=[PAD, EOS, UNKNOWN],
            initial_alphabet=["▁", *printable],
            show_progress=False,
        )
        threads = os.environ.get("TOKENIZERS_PARALLELISM")
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        try:
            backend.train_from_iterator(corpus, trainer)
        finally:
            if threads is None:
                del os.environ["TOKENIZERS_PARALLELISM"]
            else:
                os.environ["TOKENIZERS_PARALLELISM"] = threads
        return cls(backend)
