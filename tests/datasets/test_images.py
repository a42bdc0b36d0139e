from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxrbench.core.errors import DataError
from cxrbench.datasets import images
from cxrbench.datasets.images import find_images, load_image

RAMP = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)


def save_dicom(path: Path, pixels: np.ndarray, photometric: str = "MONOCHROME2", **extra: object) -> Path:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.Rows, data.Columns = pixels.shape
    data.SamplesPerPixel = 1
    data.PhotometricInterpretation = photometric
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = pixels.astype("<u2").tobytes()
    for name, value in extra.items():
        setattr(data, name, value)
    data.save_as(path, enforce_file_format=True)
    return path


def test_an_8_bit_png_is_read_value_for_value(tmp_path: Path) -> None:
    pixels = (RAMP % 256).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), pixels)


def test_a_16_bit_png_is_windowed_to_its_percentiles(tmp_path: Path) -> None:
    pixels = RAMP * 20
    pixels[0, 0] = 65535
    Image.fromarray(pixels).save(tmp_path / "a.png")
    low, high = np.percentile(pixels.astype(float), [0.5, 99.5])
    expected = np.rint(np.clip((pixels - low) / (high - low), 0, 1) * 255)
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), expected)


def test_a_flat_16_bit_film_is_black_and_not_a_division_by_zero(tmp_path: Path) -> None:
    Image.fromarray(np.full((5, 5), 3000, dtype=np.uint16)).save(tmp_path / "a.png")
    assert not load_image(tmp_path / "a.png").any()


def test_colour_palette_and_transparent_images_become_grey(tmp_path: Path) -> None:
    colour = Image.fromarray(np.full((4, 4, 3), 100, dtype=np.uint8))
    for name, image in {"rgb": colour, "p": colour.quantize(4), "l": colour.convert("L")}.items():
        image.save(tmp_path / f"{name}.png")
        assert np.unique(load_image(tmp_path / f"{name}.png")) == [100]
    transparent = Image.fromarray(np.full((4, 4, 4), (200, 200, 200, 0), dtype=np.uint8))
    transparent.save(tmp_path / "rgba.png")
    assert not load_image(tmp_path / "rgba.png").any()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_max_side_reduces_and_keeps_the_proportions_and_the_mean(tmp_path: Path, suffix: str) -> None:
    smooth = np.tile(np.linspace(0, 255, 400).astype(np.uint8), (300, 1))
    Image.fromarray(smooth).save(tmp_path / f"a{suffix}", **({"quality": 95} if suffix == ".jpg" else {}))
    small = load_image(tmp_path / f"a{suffix}", max_side=40)
    assert small.shape == (30, 40)
    assert abs(float(small.mean()) - float(smooth.mean())) < 1.5


def test_a_fine_grid_is_averaged_and_does_not_alias(tmp_path: Path) -> None:
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (256, 128))
    Image.fromarray(stripes).save(tmp_path / "a.png")
    small = load_image(tmp_path / "a.png", max_side=32)
    assert np.abs(small.astype(int)[4:-4, 4:-4] - 127).max() < 12


def test_max_side_never_enlarges(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((5, 7), dtype=np.uint8)).save(tmp_path / "a.png")
    assert load_image(tmp_path / "a.png", max_side=100).shape == (5, 7)


def test_monochrome1_is_inverted_so_that_bone_is_bright(tmp_path: Path) -> None:
    plain = load_image(save_dicom(tmp_path / "two.dcm", RAMP))
    inverse = load_image(save_dicom(tmp_path / "one.dcm", RAMP, "MONOCHROME1"))
    np.testing.assert_array_equal(inverse, 255 - plain)
    assert plain[0, 0] == 0
    assert plain[-1, -1] == 255


def test_the_first_window_of_a_dicom_file_is_applied_after_rescaling(tmp_path: Path) -> None:
    path = save_dicom(
        tmp_path / "a.dcm",
        RAMP,
        RescaleSlope=2,
        RescaleIntercept=-100,
        WindowCenter=[1000, 5],
        WindowWidth=[400, 5],
    )
    pixels, values = load_image(path), RAMP.astype(float) * 2 - 100
    assert not pixels[values < 790].any()
    assert (pixels[values > 1210] == 255).all()
    assert 120 < pixels[np.abs(values - 1000) < 2].mean() < 135


def test_a_dicom_file_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    save_dicom(tmp_path / "a.dcm", RAMP)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.dcm").read_bytes())
    np.testing.assert_array_equal(load_image(tmp_path / "a.png"), load_image(tmp_path / "a.dcm"))


def test_damaged_dicom_files_are_data_errors(tmp_path: Path) -> None:
    whole = save_dicom(tmp_path / "a.dcm", RAMP).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-1000])
    with pytest.raises(DataError, match="unreadable image: DICOM"):
        load_image(tmp_path / "cut.dcm")
    (tmp_path / "text.dcm").write_text("hello")
    with pytest.raises(DataError, match="not a DICOM file"):
        load_image(tmp_path / "text.dcm")


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("max_side", [None, 16])
def test_a_truncated_image_is_refused_with_its_path(tmp_path: Path, suffix: str, max_side: int | None) -> None:
    path = tmp_path / f"film{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 90), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError) as caught:
        load_image(path, max_side=max_side)
    assert caught.value.where == str(path)
    assert caught.value.hint


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="unreadable image"):
        load_image(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.png", tmp_path):
        with pytest.raises(DataError, match="cannot read image"):
            load_image(path)


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png_header(side, side))
    with pytest.raises(DataError, match=r"bomb|refused") as caught:
        load_image(path, max_side=64)
    assert str(path) == caught.value.where


def test_the_limit_and_the_size_stand_in_the_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 100)
    Image.fromarray(np.zeros((20, 30), dtype=np.uint8)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="30 x 20 = 600 pixels") as caught:
        load_image(tmp_path / "a.png")
    assert caught.value.valid == "at most 100 pixels"
    with pytest.raises(DataError, match="64 x 48"):
        load_image(save_dicom(tmp_path / "a.dcm", RAMP))


def test_images_are_found_by_stem_and_the_better_suffix_wins(tmp_path: Path) -> None:
    for name in ("1_a.dcm.png", "1_a.dcm.jpg", "2_b.dcm.JPG", "3.dcm", "notes.txt", "._1_a.dcm.png"):
        (tmp_path / name).write_bytes(b"x")
    found = find_images(tmp_path)
    assert {stem: path.name for stem, path in found.items()} == {
        "1_a.dcm": "1_a.dcm.png",
        "2_b.dcm": "2_b.dcm.JPG",
        "3": "3.dcm",
    }
    assert find_images(tmp_path / "nowhere") == {}


@pytest.mark.realdata
def test_the_sample_films_that_differ_in_their_photometric_tag_alone_are_negatives(real_data: Path) -> None:
    root = real_data / "dicom-samples"
    if not root.is_dir():
        pytest.skip("the DICOM samples are not among the real data")
    one, two = (load_image(path, max_side=512).astype(int) for path in sorted(root.glob("*.dcm")))
    assert one.shape == (512, 512)
    assert np.abs(one + two - 255).max() <= 1
    spine, lung = one[300:400, 240:270].mean(), one[170:250, 110:170].mean()
    assert spine > lung
