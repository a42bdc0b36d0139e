"""A film is shown from where it lies."""

from pathlib import Path

from cxrbench.tasks.mimic_films import Films


def test_a_resized_copy_is_found_without_the_tables_of_mimic_cxr_jpg(tmp_path: Path) -> None:
    folder = tmp_path / "files/p10/p10000032/s50414267"
    folder.mkdir(parents=True)
    (folder / "film.png").touch()
    films = Films(None, tmp_path, ("frontal",))
    (shown,) = films.images("p10000032", "s50414267", "film", "PA")
    assert shown.path == folder / "film.png" == films.path("p10000032", "s50414267", "film")
