"""EXIF, XMP and dots per inch from one format into another, read back by Pillow; and hostile ones."""

import io
import struct
import time

import numpy as np
import PIL
import pytest
import tifffile
from PIL import ExifTags, Image, PngImagePlugin

from dlnet_tf.errors import UsageError
from dlnet_tf.imagefiles import deep_files
from dlnet_tf.imagefiles.exif import MAX_BYTES, read_exif
from dlnet_tf.imagefiles.metadata import Metadata
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="t" xmlns:exif="e" xmp:Rating="4" tiff:Orientation="6" exif:PixelXDimension=\'30\'>'
    b"<tiff:ImageWidth>30</tiff:ImageWidth><dc:rights>\xc2\xa9 M\xc3\xbcller</dc:rights>"
    b"<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description></rdf:RDF></x:xmpmeta>"
)
BASE, IFD, GPS = ExifTags.Base, ExifTags.IFD, ExifTags.GPS


def exif(orientation=1, order="<"):
    """A block as of a camera; Pillow writes what is ASCII, the rest is put in afterwards."""
    made = Image.Exif()
    made.endian = order
    made[BASE.Make], made[BASE.Model], made[BASE.DateTime] = "Maker", "Model 1", "2020:02:03 04:05:06"
    made[BASE.Copyright], made[BASE.Orientation] = "(c) M\xfcller", orientation
    made[BASE.XResolution], made[BASE.YResolution], made[BASE.ResolutionUnit] = 240.0, 120.0, 2
    made[BASE.ImageWidth] = 30
    detail = made.get_ifd(IFD.Exif)
    detail |= {BASE.DateTimeOriginal: "2020:02:03 04:05:06", BASE.ExposureTime: 0.004, BASE.ISOSpeedRatings: 200}
    detail |= {BASE.ExifImageWidth: 30, BASE.MakerNote: b"note" * 9, BASE.UserComment: b"ASCII\0\0\0words"}
    made.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (52.0, 30.0, 15.5)})
    return made


def source(path, kind, orientation=1, order="<"):
    given = {"exif": exif(orientation, order).tobytes(), "dpi": (240, 120)}
    if kind == "PNG":
        given["pnginfo"] = PngImagePlugin.PngInfo()
        given["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    elif kind == "TIFF":
        made = exif(orientation, order)
        made[700] = XMP
        given = {"exif": made.tobytes()}
    else:
        given["xmp"] = XMP
    Image.fromarray(PIXELS).save(path, kind, **given)


def written(path):
    with Image.open(path) as image:
        image.load()
        found = image.getexif()
        return image, found, found.get_ifd(IFD.Exif), found.get_ifd(IFD.GPSInfo)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_what_a_file_says_is_kept(tmp_path, kind, suffix, orientation, depth):
    source(tmp_path / "x", kind, orientation)
    photograph = read_photograph(tmp_path / "x")
    assert photograph.notes == () and photograph.pixels.shape[:2] == ((20, 30) if orientation == 1 else (30, 20))
    pixels = photograph.pixels.repeat(3, axis=0).repeat(3, axis=1)
    pixels = pixels * np.uint16(257) if depth == 16 else pixels
    path = tmp_path / f"y{suffix}"
    lost = write_photograph(path, pixels, None, photograph.metadata)
    assert len(lost) == (depth == 16 and suffix in (".jpg", ".webp"))
    image, main, detail, gps = written(path)
    assert (main[BASE.Make], main[BASE.Model], main[BASE.DateTime]) == ("Maker", "Model 1", "2020:02:03 04:05:06")
    assert detail[BASE.DateTimeOriginal] == "2020:02:03 04:05:06" and detail[BASE.ExposureTime] == pytest.approx(0.004)
    assert detail[BASE.ISOSpeedRatings] == 200 and detail[BASE.UserComment] == b"ASCII\0\0\0words"
    assert gps[GPS.GPSLatitudeRef] == "N" and gps[GPS.GPSLatitude] == (52.0, 30.0, 15.5)
    # What holds for the old file alone.
    assert BASE.Orientation not in main and not {BASE.ExifImageWidth, BASE.MakerNote} & set(detail)
    assert main.get(BASE.ImageWidth) == (pixels.shape[1] if suffix == ".tif" else None)
    resolution = (240, 120) if orientation == 1 else (120, 240)
    assert (main[BASE.XResolution], main[BASE.YResolution], main[BASE.ResolutionUnit]) == (*resolution, 2)
    if suffix != ".webp":
        np.testing.assert_allclose([float(dots) for dots in image.info["dpi"]], resolution, rtol=1e-3)
    assert b"M\xc3\xbcller" in image.info["xmp"] and b'xmp:Rating="4"' in image.info["xmp"]
    for gone in (b"Orientation", b"Dimension", b"ImageWidth", b"Thumbnails"):
        assert gone not in image.info["xmp"]
    # Once more, the same is left.
    assert read_photograph(path).metadata.exif == photograph.metadata.exif
    again = read_photograph(path).pixels
    assert again.shape == pixels.shape
    if suffix != ".jpg":
        np.testing.assert_array_equal(again, pixels if suffix != ".webp" or depth == 8 else pixels // 257)


@pytest.mark.parametrize("order", ["<", ">"])
def test_bytes_are_copied_whatever_their_order_and_letters(order):
    block = exif(order=order).tobytes().replace(b"(c) M?ller", b"(c) M\xfcller")
    assert block[6:8] == (b"II" if order == "<" else b"MM")
    again = read_exif(block).to_bytes()
    assert b"(c) M\xfcller\0" in again
    first, second = Image.Exif(), Image.Exif()
    first.load(block)
    second.load(b"Exif\0\0" + again)
    for place in (IFD.Exif, IFD.GPSInfo):
        gone = {BASE.ExifImageWidth, BASE.MakerNote}
        assert {tag: value for tag, value in first.get_ifd(place).items() if tag not in gone} == second.get_ifd(place)
    gone = {BASE.Orientation, BASE.ImageWidth}
    places = {tag: second[tag] for tag in (IFD.Exif, IFD.GPSInfo)}
    assert dict(second) == {tag: value for tag, value in first.items() if tag not in gone} | places


def test_the_thumbnail_is_dropped(tmp_path):
    made = exif()
    stream = io.BytesIO()
    Image.new("RGB", (16, 12)).save(stream, "JPEG")
    block = bytearray(made.tobytes())
    # A second list behind the first, with a picture.
    place, count = 14, struct.unpack_from("<H", block, 14)[0]
    struct.pack_into("<I", block, place + 2 + 12 * count, len(block) - 6)
    thumbnail = stream.getvalue()
    entries = [(0x0103, 3, 1, 6), (0x0201, 4, 1, len(block) - 6 + 42), (0x0202, 4, 1, len(thumbnail))]
    block += struct.pack("<H", 3) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4) + thumbnail
    Image.fromarray(PIXELS).save(tmp_path / "x.jpg", exif=bytes(block))
    with Image.open(tmp_path / "x.jpg") as image:
        assert image.getexif().get_ifd(IFD.IFD1)[0x0202] == len(thumbnail)
    photograph = read_photograph(tmp_path / "x.jpg")
    write_photograph(tmp_path / "y.jpg", PIXELS, None, photograph.metadata)
    assert thumbnail[:50] not in (tmp_path / "y.jpg").read_bytes()
    _, main, _, _ = written(tmp_path / "y.jpg")
    assert main.get_ifd(IFD.IFD1) == {} and main[BASE.Make] == "Maker"


def test_orientation_of_xmp_counts_where_exif_says_none(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "x.webp", lossless=True, xmp=XMP)
    np.testing.assert_array_equal(read_photograph(tmp_path / "x.webp").pixels, np.rot90(PIXELS, -1))
    Image.fromarray(PIXELS).save(tmp_path / "x.webp", lossless=True, xmp=XMP, exif=exif(3).tobytes())
    np.testing.assert_array_equal(read_photograph(tmp_path / "x.webp").pixels, np.rot90(PIXELS, 2))
    deep = PIXELS * np.uint16(257)
    for tags, turns in ([(700, 1, len(XMP), XMP)], -1), ([(700, 1, len(XMP), XMP), (274, 3, 1, 3)], 2):
        tifffile.imwrite(tmp_path / "x.tif", deep, photometric="rgb", extratags=tags)
        np.testing.assert_array_equal(read_photograph(tmp_path / "x.tif").pixels, np.rot90(deep, turns))


def test_xmp_behind_the_pixels_of_a_deep_file_is_kept(tmp_path):
    with (tmp_path / "x.png").open("wb") as file:
        deep_files.write_png(file, PIXELS * np.uint16(257), None, Metadata(xmp=XMP.replace(b'"6"', b'"1"')))
    # Chunks are length, name, data, checksum; that of XMP is put before the last one.
    data = (tmp_path / "x.png").read_bytes()
    place = data.index(b"iTXt") - 4
    end = place + 12 + int.from_bytes(data[place : place + 4])
    (tmp_path / "x.png").write_bytes(data[:place] + data[end:-12] + data[place:end] + data[-12:])
    found = read_photograph(tmp_path / "x.png")
    assert found.notes == () and b"M\xc3\xbcller" in found.metadata.xmp
    np.testing.assert_array_equal(found.pixels, PIXELS * np.uint16(257))


def test_what_a_format_does_not_hold_is_told(tmp_path):
    source(tmp_path / "x.png", "PNG")
    metadata = read_photograph(tmp_path / "x.png").metadata
    path = tmp_path / "y.bmp"
    assert write_photograph(path, PIXELS, None, metadata) == [
        f"{path}: its EXIF is left out, .png has a place for it",
        f"{path}: its XMP is left out, .png has a place for it",
    ]
    np.testing.assert_allclose(written(path)[0].info["dpi"], (240, 120), rtol=1e-3)
    # A segment of a JPEG has 65,535 bytes.
    made = exif()
    made.get_ifd(IFD.Exif)[BASE.UserComment] = bytes(70_000)
    Image.fromarray(PIXELS).save(tmp_path / "x.png", exif=made)
    metadata = read_photograph(tmp_path / "x.png").metadata
    path = tmp_path / "y.jpg"
    assert write_photograph(path, PIXELS, None, metadata) == [f"{path}: its EXIF is left out, .png has a place for it"]
    assert write_photograph(tmp_path / "y.png", PIXELS, None, metadata) == []


def test_descriptions_of_how_pixels_are_stored_are_not_kept(tmp_path):
    tifffile.imwrite(tmp_path / "x.tif", PIXELS, metadata={"axes": "YXS"})
    photograph = read_photograph(tmp_path / "x.tif")
    write_photograph(tmp_path / "y.tif", PIXELS.repeat(2, axis=0), None, photograph.metadata)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "y.tif"), PIXELS.repeat(2, axis=0))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_is_what_another_reader_reads(tmp_path, channels, dtype):
    pixels = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (130, 31, channels), dtype, endpoint=True)
    pixels = pixels[..., 0] if channels == 1 else pixels
    source(tmp_path / "x.png", "PNG")
    write_photograph(tmp_path / "x.tif", pixels, None, read_photograph(tmp_path / "x.png").metadata)
    expected = pixels[..., [0, 0, 0, 1]] if (channels, dtype) == (2, np.uint16) else pixels
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        np.testing.assert_array_equal(file.asarray(), expected)
        assert file.pages[0].tags["ExifTag"].value["ISOSpeedRatings"] == 200
        assert file.pages[0].tags["Make"].value == "Maker"


def entries(*tags, start=b"II*\0\x08\0\0\0"):
    return start + struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4)


HOSTILE = {
    "empty": b"II*\0",
    "no header": b"what is this",
    "far away": b"II*\0\xff\xff\xff\xff",
    "no list": b"II*\0\x08\0\0\0\xff\xff",
    "many tags": b"II*\0\x08\0\0\0" + struct.pack("<H", 5000) + bytes(12 * 5000),
    "a huge tag": entries((0x010F, 2, 2**32 - 1, 8)),
    "beyond the end": entries((0x010F, 2, 100, 30)),
    "a list of its own": entries((0x8769, 4, 1, 8), (0x8825, 4, 1, 8)),
    "a list far away": entries((0x8769, 4, 1, 2**31)),
    "copies": entries(*[(0x8769, 4, 1, 8)], *[(0x9000 + index, 7, 50_000, 8) for index in range(900)]) + bytes(50_000),
    "unknown types": entries((0x010F, 77, 9, 0), (0x0112, 3, 1, 99), (0x011A, 5, 0, 0)),
    "an orientation of letters": entries((0x0112, 2, 1, 0)),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_exif_is_left_out_with_a_line(tmp_path, kind, name, capfd):
    block = HOSTILE[name]
    Image.fromarray(PIXELS).save(tmp_path / "x", kind, exif=b"Exif\0\0" + block)
    photograph = read_photograph(tmp_path / "x")
    assert photograph.pixels.shape == PIXELS.shape
    if name not in ("a list of its own", "unknown types", "an orientation of letters"):
        (note,) = photograph.notes
        assert note.startswith(f"{tmp_path}/x: its EXIF is left out (found ") and "\n" not in note
        assert photograph.metadata.exif is None
    write_photograph(tmp_path / "y.png", PIXELS, None, photograph.metadata)
    written(tmp_path / "y.png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a list far away", "many tags", "a huge tag"])
def test_hostile_tags_of_a_tiff_are_left_out_with_a_line(tmp_path, name, capfd):
    source(tmp_path / "x.tif", "TIFF")
    data = bytearray((tmp_path / "x.tif").read_bytes())
    place = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, place)[0]
    tags = {struct.unpack_from("<H", data, at)[0]: at for at in range(place + 2, place + 2 + 12 * count, 12)}
    if name == "a huge tag":
        struct.pack_into("<I", data, tags[0x010F] + 4, 2**32 - 1)
    else:
        far = 2**31 if name == "a list far away" else len(data)
        struct.pack_into("<I", data, tags[0x8769] + 8, far)
        data += struct.pack("<H", 5000) + bytes(12 * 5000)
    (tmp_path / "x.tif").write_bytes(data)
    if name == "a huge tag" and int(PIL.__version__.split(".")[0]) < 13:  # Older ones read no tag that comes after it.
        with pytest.raises(UsageError, match=r"x.tif: found a TIFF of a kind that cannot be read"):
            read_photograph(tmp_path / "x.tif")
        return
    photograph = read_photograph(tmp_path / "x.tif")
    np.testing.assert_array_equal(photograph.pixels, PIXELS)
    (note,) = photograph.notes
    assert note.startswith(f"{tmp_path}/x.tif: its EXIF is left out (found ") and "\n" not in note
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(4))
def test_mutated_exif_never_fails(seed):
    random, block = np.random.default_rng(seed), exif(order="<>"[seed % 2]).tobytes()
    for _ in range(2000):
        data = bytearray(block)
        for place in random.integers(6, len(data), int(random.integers(1, 8))):
            data[place] = random.integers(256)
        try:
            again = read_exif(bytes(data[: random.integers(6, len(data) + 1)])).to_bytes()
        except ValueError as error:
            assert "\n" not in str(error)
        else:
            assert len(again) < MAX_BYTES + 2**15 and (not again or read_exif(again).to_bytes() == again)


@pytest.mark.parametrize(
    ("xmp", "words"),
    [
        (b"\xff\xfe" + XMP, "found bytes that are no UTF-8"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + XMP, "found no plain RDF"),
        (b"words", "found no plain RDF"),
        (XMP + b" " * 2**20, "bytes, expected 1,048,576 at most"),
    ],
)
def test_hostile_xmp_is_left_out_with_a_line(tmp_path, xmp, words):
    Image.fromarray(PIXELS).save(tmp_path / "x.webp", lossless=True, xmp=xmp)
    photograph = read_photograph(tmp_path / "x.webp")
    (note,) = photograph.notes
    assert note.startswith(f"{tmp_path}/x.webp: its XMP is left out (") and words in note
    assert photograph.metadata.xmp is None


@pytest.mark.parametrize(
    "part", [b' tiff:Orientation="', b"<tiff:ImageWidth>", b"<xmp:Thumbnails>", b" ", b"tiff:Orientation=\"'"]
)
def test_xmp_that_is_slow_to_search_is_not(tmp_path, part):
    xmp = XMP + part * ((2**20 - len(XMP)) // len(part))
    Image.fromarray(PIXELS).save(tmp_path / "x.webp", lossless=True, xmp=xmp)
    start = time.process_time()
    assert read_photograph(tmp_path / "x.webp").notes == ()
    assert time.process_time() - start < 5


def test_dots_per_nothing_are_no_dots_per_inch(tmp_path):
    block = entries((0x011A, 5, 1, 50), (0x011B, 5, 1, 58), (0x0128, 3, 1, 1)) + struct.pack("<IIII", 1, 1, 1, 1)
    Image.fromarray(PIXELS).save(tmp_path / "x.jpg", exif=block)
    assert read_photograph(tmp_path / "x.jpg").metadata.dpi is None


def test_a_resolution_that_is_none_is_left_out(tmp_path):
    for x, y in ((0, 0), (0, 2**32 - 1), (5, 0), (2**32 - 1, 1)):
        rationals = struct.pack("<IIII", x, y, x, y)
        block = entries((0x011A, 5, 1, 38), (0x011B, 5, 1, 46)) + rationals
        Image.fromarray(PIXELS).save(tmp_path / "x.png", exif=block)
        metadata = read_photograph(tmp_path / "x.png").metadata
        assert metadata.dpi == ((5, 5) if x == 5 else None), (x, y)


def test_a_tiff_that_tells_no_resolution_has_none(tmp_path):
    Image.fromarray(PIXELS).save(tmp_path / "x.tif")
    metadata = read_photograph(tmp_path / "x.tif").metadata
    assert metadata.dpi is None
    write_photograph(tmp_path / "y.png", PIXELS, metadata=metadata)
    assert "dpi" not in written(tmp_path / "y.png")[0].info


def test_what_is_not_kept_is_said(tmp_path):
    image, text = Image.fromarray(PIXELS), PngImagePlugin.PngInfo()
    for key in ("Author", "Ti\x1btle", "a", "b", "c", "d"):
        text.add_text(key, "words")
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    image.save(tmp_path / "x.png", pnginfo=text)
    image.save(tmp_path / "x.jpg", comment=b"words")
    # IPTC by the layout of Photoshop's resources: signature, number, empty name, length, value.
    value = b"\x1c\x02\x78\x00\x05words"
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(value)) + value
    data = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "i.jpg").write_bytes(data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:])
    image.save(tmp_path / "x.tif", tiffinfo={33723: value})
    image.save(tmp_path / "none.png")
    said = {
        "x.png": ["text (Author, Ti?tle, a, b, c and 1 more) is"],
        "x.jpg": ["comment is"],
        "i.jpg": ["comment is", "IPTC is"],
        "x.tif": ["IPTC is"],
        "none.png": [],
    }
    for name, words in said.items():
        expected = [f"{tmp_path / name}: its {what} left out" for what in words]
        assert list(read_photograph(tmp_path / name).notes) == expected, name
