"""Batched, deterministic beam search with the semantics of Hugging Face `generate`.

Scores are sums of log-probabilities divided by (generated length ** length_penalty), end token included. Twice as
many candidates as beams are looked at, so that beams remain when the best candidates end. Films whose search is over
leave the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from cxrbench.reference_models.chexquery.config import DecodingConfig
from cxrbench.reference_models.chexquery.t5_decoder import T5Decoder

_NEVER = -1.0e9


@dataclass(frozen=True, slots=True)
class Generated:
    """Best sequences.

    Attributes:
        tokens: Per film, the new token ids, without prompt and end token.
        scores: Per film, the length-normalised log-probability.
        finished: Per film, whether the model ended the text itself (False: cut at max_new_tokens).
    """

    tokens: list[list[int]]
    scores: list[float]
    finished: list[bool]


@torch.no_grad()
def beam_search(
    decoder: T5Decoder, memory: Tensor, prompt_ids: list[int], decoding: DecodingConfig, *, eos_id: int = 1
) -> Generated:
    """Generate one text per film.

    Args:
        memory: Visual tokens [N, M, D].
        prompt_ids: Decoder start token and prompt, the same for every film.

    Returns:
        Results in the order of `memory`.
    """
    films, beams = memory.shape[0], decoding.num_beams
    tokens: list[list[int]] = [[] for _ in range(films)]
    scores, finished = [0.0] * films, [False] * films
    if films == 0:
        return Generated(tokens, scores, finished)
    device, prompt = memory.device, len(prompt_ids)
    # With one beam there is nothing to wait for: the search is greedy, as in Hugging Face.
    stop_when_full = decoding.early_stopping or beams == 1

    alive = torch.arange(films, device=device)
    running = torch.tensor(prompt_ids, device=device).expand(films, beams, -1).contiguous()
    running_scores = torch.zeros(films, beams, device=device)
    running_scores[:, 1:] = _NEVER  # all beams start equal: only the first may branch
    best = _Hypotheses.empty(films, beams, prompt + decoding.max_new_tokens, device)

    cache = decoder.new_cache(memory, films * beams, prompt + decoding.max_new_tokens)
    step_ids = running.flatten(0, 1)
    for length in range(1, decoding.max_new_tokens + 1):
        log_p = torch.log_softmax(decoder.step(step_ids, cache).float(), dim=-1)
        if length <= decoding.min_new_tokens:
            log_p[:, eos_id] = float("-inf")
        if decoding.no_repeat_ngram_size:
            log_p = ban_repeats(running.flatten(0, 1), log_p, decoding.no_repeat_ngram_size)
        vocabulary = log_p.shape[-1]
        total = (log_p.view(-1, beams, vocabulary) + running_scores[..., None]).flatten(1)
        top, index = total.topk(min(2 * beams, total.shape[1]), dim=1)
        parent, token = index // vocabulary, index % vocabulary
        candidates = torch.cat(
            (running.gather(1, parent[..., None].expand(-1, -1, running.shape[2])), token[..., None]), 2
        )
        ends = token == eos_id
        stops = ends | (length == decoding.max_new_tokens)

        kept = torch.where(stops, top + _NEVER, top).topk(beams, dim=1)
        best.add(candidates, ends, torch.where(stops, top / length**decoding.length_penalty, _NEVER), beams)
        running_scores = kept.values
        running = candidates.gather(1, kept.indices[..., None].expand(-1, -1, candidates.shape[2]))
        rows = torch.arange(len(alive), device=device)[:, None] * beams + parent.gather(1, kept.indices)

        # The documented heuristic: a running beam is judged at its present length.
        hopeful = (running_scores[:, 0] / length**decoding.length_penalty) > best.worst()
        over = (best.full() & stop_when_full) | ~hopeful
        over |= length == decoding.max_new_tokens
        if bool(over.any()):
            for film in over.nonzero().flatten().tolist():
                sequence, score, ended = best.first(film)
                target = int(alive[film])
                tokens[target] = sequence[prompt : len(sequence) - ended]
                scores[target], finished[target] = score, ended
            left = (~over).nonzero().flatten()
            if len(left) == 0:
                break
            alive, running, running_scores, rows = alive[left], running[left], running_scores[left], rows[left]
            best = best.select(left)
            cache.select_images(left)
        cache.select_rows(rows.flatten())
        step_ids = running[:, :, -1].reshape(-1, 1)
    return Generated(tokens, scores, finished)


@dataclass(slots=True)
class _Hypotheses:
    """The best finished sequences of each film, best first. Empty slots score -1e9.

    ids [n, beams, capacity], scores [n, beams], lengths [n, beams] tokens, done and ended [n, beams] flags.
    """

    ids: Tensor
    scores: Tensor
    lengths: Tensor
    done: Tensor
    ended: Tensor

    @classmethod
    def empty(cls, films: int, beams: int, capacity: int, device: torch.device) -> _Hypotheses:
        flags = torch.zeros(films, beams, dtype=torch.bool, device=device)
        return cls(
            torch.zeros(films, beams, capacity, dtype=torch.long, device=device),
            torch.full((films, beams), _NEVER, device=device),
            torch.zeros(films, beams, dtype=torch.long, device=device),
            flags,
            flags.clone(),
        )

    def add(self, candidates: Tensor, ends: Tensor, scores: Tensor, beams: int) -> None:
        """Merge in the candidates [n, k, length]; only the first `beams` of them may finish."""
        scores = scores.clone()
        scores[:, beams:] = _NEVER
        if not bool((scores > _NEVER).any()):
            return
        length = candidates.shape[2]
        padded = candidates.new_zeros(*candidates.shape[:2], self.ids.shape[2])
        padded[..., :length] = candidates
        merged = torch.cat((self.scores, scores), 1)
        self.scores, order = merged.topk(self.scores.shape[1], dim=1)
        self.ids = torch.cat((self.ids, padded), 1).gather(1, order[..., None].expand(-1, -1, padded.shape[2]))
        self.lengths = torch.cat((self.lengths, torch.full_like(scores, length, dtype=torch.long)), 1).gather(
            1, order
        )
        self.done = torch.cat((self.done, scores > _NEVER), 1).gather(1, order)
        self.ended = torch.cat((self.ended, ends), 1).gather(1, order)

    def full(self) -> Tensor:
        """[n]: whether every slot holds a finished sequence."""
        return self.done.all(1)

    def worst(self) -> Tensor:
        """[n]: score that a running beam has to exceed to enter; -1e9 while a slot is empty."""
        return self.scores.min(1).values

    def first(self, film: int) -> tuple[list[int], float, bool]:
        """Tokens (prompt included), score and whether the end token closes them, of the best sequence."""
        ids: list[int] = self.ids[film, 0, : int(self.lengths[film, 0])].tolist()
        return ids, float(self.scores[film, 0]), bool(self.ended[film, 0])

    def select(self, films: Tensor) -> _Hypotheses:
        return _Hypotheses(
            self.ids[films], self.scores[films], self.lengths[films], self.done[films], self.ended[films]
        )


def ban_repeats(ids: Tensor, log_p: Tensor, size: int) -> Tensor:
    """Set to -inf every token that would complete an n-gram which ids [R, T] already contain.

    Args:
        log_p: [R, V].
        size: n; with n = 1 every token may occur once.
    """
    length = ids.shape[1]
    if length < size:
        return log_p
    windows = ids.unfold(1, size, 1)
    suffix = ids[:, length - size + 1 :]
    repeats = (windows[..., :-1] == suffix[:, None]).all(-1)
    # Windows that do not match point at one column past the vocabulary.
    column = torch.where(repeats, windows[..., -1], log_p.shape[1])
    banned = torch.zeros(log_p.shape[0], log_p.shape[1] + 1, dtype=torch.bool, device=log_p.device)
    banned.scatter_(1, column, True)
    return log_p.masked_fill(banned[:, :-1], float("-inf"))
