"""Near duplicates: found whatever was done to the picture, not found where pictures differ."""

from __future__ import annotations

import io
import random

import pytest

pytest.importorskip("PIL", reason="reads images by Pillow")

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from backbones.probe.transfer.leaks import leaks_between, near_duplicates
from backbones.probe.transfer.likeness import LOOK_BYTES, Look, likeness, look_of, small_picture


def photograph(number: int) -> Image.Image:
    """Soft colours and a few shapes."""
    drawn = random.Random(number)
    colours = [tuple(drawn.randrange(256) for _ in range(3)) for _ in range(20)]
    ground = Image.new("RGB", (5, 4))
    ground.putdata(colours)
    picture = ground.resize((160, 120), Image.Resampling.BICUBIC)
    pencil = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y, w, h = drawn.randrange(160), drawn.randrange(120), drawn.randint(10, 70), drawn.randint(10, 70)
        pencil.ellipse((x, y, x + w, y + h), fill=drawn.choice(colours))
    return picture.filter(ImageFilter.GaussianBlur(1))


def star(number: int) -> Image.Image:
    """A blob before black, with two small ones that tell it from others: nearly all bits of a plain dHash are equal."""
    drawn = random.Random(number)
    picture = Image.new("L", (64, 64))
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((22, 22, 42, 42), fill=255)
    for _ in range(2):
        x, y = drawn.randrange(60), drawn.randrange(60)
        pencil.ellipse((x, y, x + 9, y + 9), fill=drawn.randint(120, 255))
    return picture.filter(ImageFilter.GaussianBlur(2)).convert("RGB")


def recompressed(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=35)
    return Image.open(file).convert("RGB")


CHANGES = {
    "recompressed": recompressed,
    "half the size": lambda p: p.resize((80, 60)),
    "stretched": lambda p: p.resize((120, 120)),
    "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.1),
    "less contrast": lambda p: ImageEnhance.Contrast(p).enhance(0.8),
    "noisy": lambda p: Image.blend(p, Image.effect_noise(p.size, 40).convert("RGB"), 0.08),
}


def looks(pictures: list[Image.Image]) -> list[Look]:
    return [look_of(small_picture(picture)) for picture in pictures]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_photograph_is_found_among_others(change: str) -> None:
    pictures = [photograph(number) for number in range(40)]
    pictures += [CHANGES[change](picture) for picture in pictures[:20]]
    groups = near_duplicates(looks(pictures), [str(i) for i in range(60)])
    assert groups[:40] == list(range(40)), "different photographs are apart"
    assert sum(groups[40 + i] == i for i in range(20)) >= 19


def test_pictures_of_one_build_are_told_apart() -> None:
    stars = [star(number) for number in range(400)]
    stars += [recompressed(picture) for picture in stars[:40]]
    groups = near_duplicates(looks(stars), [str(i) for i in range(440)])
    assert len(set(groups[:400])) >= 380
    assert sum(groups[400 + i] == groups[i] for i in range(40)) >= 36


def test_the_order_of_images_does_not_count() -> None:
    pictures = looks([star(number % 60) for number in range(90)])
    digests = [f"{number:02d}" for number in range(90)]
    order = list(range(90))
    random.Random(1).shuffle(order)

    def named(groups: list[int], names: list[str]) -> set[frozenset[str]]:
        return {frozenset(n for n, g in zip(names, groups, strict=True) if g == group) for group in set(groups)}

    shuffled = [digests[i] for i in order]
    assert named(near_duplicates(pictures, digests), digests) == named(
        near_duplicates([pictures[i] for i in order], shuffled), shuffled
    )


def test_flat_pictures_are_alike_where_their_colour_is() -> None:
    red, red_too, blue = looks([Image.new("RGB", (9, 9), colour) for colour in ("#c00000", "#c10000", "#0000c0")])
    assert likeness(red, red_too) == 1 and likeness(red, blue) == 0
    assert likeness(red, looks([photograph(1)])[0]) == 0


def test_copies_are_together_and_damage_is_alone() -> None:
    one, other = looks([photograph(1), photograph(2)])
    assert near_duplicates([one, None, one, None, other], ["a", "x", "a", "y", "b"]) == [0, 1, 0, 3, 4]
    assert near_duplicates([], []) == []


def test_leaks_name_the_most_alike_image_of_an_earlier_split() -> None:
    picture = photograph(3)
    seen = looks(
        [picture, ImageEnhance.Brightness(picture).enhance(1.1), recompressed(picture), picture, photograph(4)]
    )
    splits, digests = ["train", "train", "test", "test", "test"], ["a", "b", "c", "a", "d"]
    leaks = leaks_between(near_duplicates(seen, digests), splits, seen, digests, ("train", "val", "test"))
    assert [(leak.one, leak.other, leak.is_same_content) for leak in leaks] == [(0, 3, True), (0, 2, False)]
    assert 0.99 < leaks[1].likeness <= 1
    assert not leaks_between([0, 1], ["train", "test"], seen[:2], ["a", "b"], ("train", "val", "test"))


def test_a_small_picture_has_its_bytes() -> None:
    assert len(small_picture(photograph(0))) == LOOK_BYTES == len(small_picture(Image.new("RGB", (1, 1))))
