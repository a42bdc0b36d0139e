"""The drawing surface: canonical thorax coordinates on a pixel grid, soft shapes, strokes and noise.

Canonical coordinates: x runs from -1 to 1 with the *patient's left positive* (image right, as films are hung), y from
-1 (neck) to 1 (abdomen). A film's rotation, scale and shift live in the mapping to pixels alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box

Field = NDArray[np.float32]
"""float32 [size, size]."""
Point = tuple[float, float]


def smooth(distance: Field, width: float) -> Field:
    """A soft step from 0 (distance < -width) to 1 (distance > width)."""
    t = distance * np.float32(0.5 / width)
    t += np.float32(0.5)
    np.clip(t, 0.0, 1.0, out=t)
    steep = t * np.float32(-2.0)
    steep += np.float32(3.0)
    steep *= t
    steep *= t
    return np.asarray(steep, dtype=np.float32)


@dataclass(frozen=True)
class Canvas:
    """A pixel grid with the mapping between pixels and canonical coordinates.

    Attributes:
        size: Height and width in pixels.
        rotation: Radians, clockwise on the film.
        scale: 1.0 makes the canonical square fill the film.
        shift: (x, y) of the canonical origin, in half-widths of the film.
    """

    size: int
    rotation: float = 0.0
    scale: float = 1.0
    shift: Point = (0.0, 0.0)

    @cached_property
    def grid(self) -> tuple[Field, Field]:
        """Canonical x and y of every pixel centre."""
        axis = (np.arange(self.size, dtype=np.float32) + 0.5) * np.float32(2.0 / self.size) - 1.0
        u = axis[None, :] - np.float32(self.shift[0])
        v = axis[:, None] - np.float32(self.shift[1])
        c, s = np.float32(np.cos(self.rotation) / self.scale), np.float32(np.sin(self.rotation) / self.scale)
        return c * u + s * v, c * v - s * u

    @property
    def x(self) -> Field:
        return self.grid[0]

    @property
    def y(self) -> Field:
        return self.grid[1]

    def to_pixels(self, points: Sequence[Point], factor: float = 1.0) -> list[Point]:
        """Canonical points in pixels of a film enlarged `factor` times."""
        c, s = float(np.cos(self.rotation)) * self.scale, float(np.sin(self.rotation)) * self.scale
        half = self.size * factor / 2
        return [
            ((c * x - s * y + self.shift[0] + 1) * half, (s * x + c * y + self.shift[1] + 1) * half)
            for x, y in points
        ]

    def strokes(self, lines: Sequence[tuple[Sequence[Point], float, float]]) -> Field:
        """Antialiased polylines: (points, width, value) each; later lines paint over earlier ones.

        Widths are canonical. Drawn at twice the size and averaged down.
        """
        from PIL import Image, ImageDraw

        image = Image.new("L", (self.size * 2, self.size * 2), 0)
        draw = ImageDraw.Draw(image)
        for points, width, value in lines:
            pixels = max(1, round(width * self.scale * self.size))
            draw.line(self.to_pixels(points, 2.0), fill=round(255 * min(value, 1.0)), width=pixels, joint="curve")
        return np.asarray(image.reduce(2), dtype=np.float32) / 255.0

    def polygons(self, shapes: Sequence[tuple[Sequence[Point], float]]) -> Field:
        """Antialiased filled polygons: (points, value) each."""
        from PIL import Image, ImageDraw

        image = Image.new("L", (self.size * 2, self.size * 2), 0)
        draw = ImageDraw.Draw(image)
        for points, value in shapes:
            draw.polygon(self.to_pixels(points, 2.0), fill=round(255 * min(value, 1.0)))
        return np.asarray(image.reduce(2), dtype=np.float32) / 255.0

    def blob(self, center: Point, radii: Point, tilt: float = 0.0) -> Field:
        """A Gaussian bump of height 1."""
        dx, dy = self.x - np.float32(center[0]), self.y - np.float32(center[1])
        c, s = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
        u, v = (c * dx + s * dy) / np.float32(radii[0]), (c * dy - s * dx) / np.float32(radii[1])
        return np.exp(np.float32(-0.5) * (u * u + v * v))

    def disc(self, center: Point, radius: float, edge: float = 0.012) -> Field:
        """A filled circle with an edge of the given softness."""
        dx, dy = self.x - np.float32(center[0]), self.y - np.float32(center[1])
        return smooth(np.float32(radius) - np.sqrt(dx * dx + dy * dy), edge)

    def noise(self, rng: np.random.Generator, cells: int) -> Field:
        """Smooth noise of unit variance at the nodes, `cells` nodes across the film."""
        from PIL import Image

        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        return np.asarray(
            Image.fromarray(coarse).resize((self.size, self.size), Image.Resampling.BICUBIC), np.float32
        )

    def box(self, mask: Field, label: str, threshold: float = 0.35) -> Box | None:
        """The bounding box, in pixels, of what exceeds a share of the mask's maximum; None for an empty mask."""
        peak = float(mask.max())
        if peak <= 1e-3:
            return None
        on = mask > threshold * peak
        rows, columns = np.flatnonzero(on.any(axis=1)), np.flatnonzero(on.any(axis=0))
        return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1), label)


def curve(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """A Catmull-Rom spline through the points."""
    p = np.asarray([points[0], *points, points[-1]], dtype=float)
    out: list[Point] = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:]):
        t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
        q = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        out.extend((float(x), float(y)) for x, y in q)
    out.append((float(points[-1][0]), float(points[-1][1])))
    return out
