"""What the metadata say about a study, as far as its questions need it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Study:
    """One study of the plan.

    Attributes:
        number: Its place in the order of the index.
        split: None where the metadata do not name the patient.
        image_ids, views: Its images, in the order of the metadata; a view is "" where it is not known.
        widths, heights: In pixels, 0 where unknown.
        primary: Position of the primary frontal image; None where there is none.
        has_graph: Whether it has a scene graph file.
    """

    number: int
    patient_id: str
    study_id: str
    split: str | None
    image_ids: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()
    heights: tuple[int, ...] = ()
    primary: int | None = None
    has_graph: bool = False

    @property
    def image_id(self) -> str | None:
        """The primary frontal image."""
        return None if self.primary is None else self.image_ids[self.primary]

    @property
    def view(self) -> str | None:
        """Its view position."""
        return None if self.primary is None else self.views[self.primary]

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height; 0 where unknown."""
        return (0, 0) if self.primary is None else (self.widths[self.primary], self.heights[self.primary])
