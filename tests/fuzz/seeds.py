"""Small files of every kind that this project reads, and small files that claim to be enormous."""

import functools
import gzip
import io
import json
import pathlib
import struct
import tarfile
import tempfile
import zipfile
import zlib

import h5py
import numpy as np
from PIL import Image

SIDE = 24


def _saved(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _pixels(channels):
    row, column = np.mgrid[:SIDE, : SIDE + 5]
    return np.stack([(7 * row + 3 * column + 60 * c) % 256 for c in range(channels)], axis=-1).astype(np.uint8)


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _zeros(size):
    """`size` zero bytes as a zlib stream, without ever holding them."""
    deflate, parts = zlib.compressobj(9), []
    block = bytes(2**20)
    for _ in range(size // len(block)):
        parts.append(deflate.compress(block))
    parts.append(deflate.compress(bytes(size % len(block))))
    return b"".join([*parts, deflate.flush()])


def _png_of_zeros(width, height, depth=8, colour=2):
    row = 1 + width * {0: 1, 2: 3, 6: 4}[colour] * depth // 8
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = _zeros(row * height)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _tiff_of_zeros(width, height, samples=3, bits=8):
    data = _zeros(width * height * samples * bits // 8)
    offset = 8 + len(data)
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 8), (262, 3, 2 if samples == 3 else 1)]
    tags += [(273, 4, 8), (277, 3, samples), (278, 4, height), (279, 4, len(data))]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return b"II*\0" + struct.pack("<I", offset) + data + struct.pack("<H", len(tags)) + entries + bytes(4)


def _webp_of_nothing(side):
    return _saved(Image.new("RGB", (side, side)), "WEBP", lossless=True, method=0)


@functools.cache
def images():
    rgb, gray = Image.fromarray(_pixels(3)), Image.fromarray(_pixels(1)[..., 0])
    rgba = Image.fromarray(_pixels(4))
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray((_pixels(1)[..., 0].astype(np.uint16)) * 257)
    found = [_saved(image, kind) for image in (rgb, gray) for kind in ("PNG", "BMP", "TIFF", "PPM", "WEBP", "JPEG")]
    found += [_saved(rgba, kind) for kind in ("PNG", "TIFF", "WEBP")]
    found += [
        _saved(deep, "PNG"),
        _saved(deep, "TIFF"),
        _saved(rgb.quantize(8), "PNG"),
        _saved(gray.convert("1"), "PNG"),
    ]
    found += [_saved(rgb, "JPEG", progressive=True, exif=exif), _saved(rgb.convert("CMYK"), "JPEG")]
    found += [_saved(rgb, "WEBP", lossless=True), _saved(gray.convert("LA"), "PNG"), _saved(rgb, "GIF")]
    found += [_saved(rgb, "TIFF", compression=kind) for kind in ("tiff_lzw", "tiff_adobe_deflate", "packbits")]
    found += [_saved(rgb.convert("CMYK"), "TIFF"), _saved(rgb, "PNG", exif=exif, icc_profile=bytes(200))]
    return found


@functools.cache
def image_bombs():
    jpeg = _saved(Image.fromarray(_pixels(3)), "JPEG")
    frame = jpeg.index(b"\xff\xc0") + 5
    found = [_png_of_zeros(11000, 11000), _png_of_zeros(60000, 2000, 16, 2), _png_of_zeros(5000, 6000, 16, 6)]
    found += [_tiff_of_zeros(11000, 11000), _tiff_of_zeros(20000, 20000, 1, 16), _webp_of_nothing(11000)]
    found += [jpeg[:frame] + struct.pack(">HH", side, side) + jpeg[frame + 4 :] for side in (16000, 65000)]
    bmp = (99, 0, 54, 40, 60000, 60000, 1, 8, 1, 45, 0, 0, 0, 0)
    found += [
        b"P6\n60000 60000\n255\n" + bytes(99),
        b"BM" + struct.pack("<IIIIiiHHIIiiII", *bmp) + bytes(45),
    ]
    return found


@functools.cache
def masks():
    binary = np.where(_pixels(1)[..., 0] > 100, 255, 0).astype(np.uint8)
    kinds = ("PNG", "BMP", "TIFF", "WEBP")
    return [_saved(Image.fromarray(binary), kind) for kind in kinds] + [
        _saved(Image.fromarray(binary).convert("1"), "PNG"),
        _saved(Image.fromarray(binary), "JPEG", quality=95),
        *images()[:6],
    ]


def _npy(array):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array)
    return stream.getvalue()


@functools.cache
def kernels():
    from scipy.io import savemat

    kernel = np.outer([1, 2, 1], [1, 2, 1]) / 16.0
    mat = io.BytesIO()
    savemat(mat, {"k": kernel, "name": "x"})
    packed, hdf5 = io.BytesIO(), io.BytesIO()
    savemat(packed, {"k": kernel}, do_compression=True)
    with h5py.File(hdf5, "w") as file:
        file["k"] = kernel
    png = _saved(Image.fromarray(np.rint(255 * kernel).astype(np.uint8)), "PNG")
    return {
        ".npy": [_npy(kernel), _npy(kernel.astype(">f4"))],
        ".png": [png],
        ".mat": [f.getvalue() for f in (mat, packed, hdf5)],
    }


def _hdf5_of_zeros(name, shape):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset(name, shape, "f4", chunks=(1024,) * len(shape), compression="gzip")
    return stream.getvalue()


def _npy_header(shape, dtype="|u1"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"shape": shape, "fortran_order": False, "descr": dtype})
    return stream.getvalue()


# Unpickled, it would run a command.
OBJECT = _npy_header((1,), "|O") + b"cos\nsystem\n(S'touch pwned'\ntR."


@functools.cache
def kernel_bombs():
    return {
        ".npy": [_npy_header((99999, 99999), "<f8") + bytes(99), _npy_header((2**40,)), OBJECT],
        ".png": [image_bombs()[0][:2**18]],
        ".mat": [_hdf5_of_zeros("k", (60001, 60001))],
    }  # fmt: skip


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@functools.cache
def arrays():
    pixels = _pixels(3)[None].repeat(3, axis=0)
    floats = zipped({"images.npy": _npy((pixels / 255).astype(np.float32))}, zipfile.ZIP_STORED)
    return [zipped({"images.npy": _npy(pixels), "labels.npy": _npy(np.arange(3))}), floats]


@functools.cache
def array_bombs():
    big = _npy_header((1, 30000, 15000, 3))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("images.npy", "w") as member:
        member.write(big)
        for _ in range(1350):
            member.write(bytes(10**6))
    endless = zipped({"images.npy": _npy_header((10**15, 1, 1, 3)) + bytes(999)})
    return [stream.getvalue(), zipped({"images.npy": OBJECT}), endless, zipped({"../../images.npy": b"x"})]


def _tar(members, mode="w", **fields):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            for field, value in fields.items():
                setattr(member, field, value)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


@functools.cache
def archives():
    members = {f"a/{index}.png": data for index, data in enumerate(images()[:4])} | {"notes.txt": b"x"}
    return [_tar(members, mode) for mode in ("w", "w:gz", "w:bz2", "w:xz")] + [_tar({"long" * 60 + ".jpg": b"1"})]


@functools.cache
def archive_bombs():
    hostile = {"../../evil.png": images()[0], "/tmp/evil.png": images()[0]}
    found = [_tar(hostile), _tar(hostile, type=tarfile.SYMTYPE, linkname="/etc/passwd")]
    for kind in (b"x", b"L", b"0", b"g"):
        header = tarfile.TarInfo("a.png")
        header.size, header.type = 1200 * 2**20, kind
        stream = io.BytesIO()
        with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=1) as packed:
            packed.write(header.tobuf())
            for _ in range(1200):
                packed.write(bytes(2**20))
            packed.write(bytes(1024))
        found.append(stream.getvalue())
    return found


@functools.cache
def checkpoints():
    from dlnet_tf.degradations import BlurDownsample
    from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
    from tests import stand_in

    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.keras")
        for rule in (None, AdamUpdate(0.01), GradientUpdate(4.0)):
            model = DLNet(stand_in.idn(), BlurDownsample(3), 2, rule) if rule else stand_in.idn()
            model.save(path)
            found.append(path.read_bytes())
    return found


@functools.cache
def inpainting_checkpoint():
    from dlnet_tf.degradations import Masking
    from dlnet_tf.likelihood import DLNet, GradientUpdate
    from tests import stand_in

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "model.keras")
        DLNet(stand_in.autoencoder(), Masking(), 2, GradientUpdate(0.1)).save(path)
        return path.read_bytes()


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _layer(module, name, config, registered=None):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


CODE = {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None, "closure": None}}
# Objects that run code, read a file or take memory when they are made.
HOSTILE = (
    _layer("subprocess", "Popen", {"args": ["touch", "pwned"]}),
    _layer("builtins", "eval", "open('pwned', 'w')"),
    _layer("os", "system", "touch pwned"),
    _layer("keras.layers", "Lambda", {"name": "x", "function": CODE}),
    _layer("keras.layers", "TFSMLayer", {"name": "x", "filepath": "/tmp/x"}),
    _layer("keras.layers", "StringLookup", {"name": "x", "vocabulary": "/etc/passwd"}),
    _layer("keras.utils", "get_file", {"fname": "pwned", "origin": "file:///etc/passwd"}),
    _layer("keras.saving", "load_model", {"filepath": "/etc/passwd"}),
    _layer("keras.config", "enable_unsafe_deserialization", {}),
    _layer("tensorflow", "io.write_file", {"filename": "pwned", "contents": "x"}),
    _layer("dlnet_tf.files", "write_text", {"path": "pwned", "text": "x"}),
    _layer("numpy", "load", {"file": "pwned", "allow_pickle": True}),
    _layer("keras.layers", "Dense", {"name": "x", "units": 1000000}),
    _layer("keras.layers", "InputLayer", {"name": "x", "batch_shape": [1, 2000, 2000, 2000]}),
)  # fmt: skip


@functools.cache
def checkpoint_bombs():
    whole = members(checkpoints()[0])
    found = [zipped(whole | {"config.json": bytes(2**28)}), zipped(whole | {"assets/../../evil": b"x"})]
    found.append(zipped(whole | {"model.weights.h5": _hdf5_of_zeros("w", (40960, 40960))}))
    found.append(zipped(whole | {"config.json": b"[" * 10**5}))
    external = io.BytesIO()
    with h5py.File(external, "w") as file:
        file["layers"] = h5py.ExternalLink("/etc/passwd", "/")
    found.append(zipped(whole | {"model.weights.h5": external.getvalue()}))
    config = json.loads(whole["config.json"])
    for name, number in (("filters", 10**6), ("filters", 60000), ("kernel_size", [3000, 3000]), ("scale", 10**7)):
        changed = json.loads(whole["config.json"])
        for layer in changed["config"]["layers"]:
            if name in layer["config"]:
                layer["config"][name] = number
        found.append(zipped(whole | {"config.json": json.dumps(changed)}))
    for hostile in HOSTILE:
        layers = [
            config["config"]["layers"][0],
            hostile | {"name": "x", "inbound_nodes": []},
            *config["config"]["layers"][2:],
        ]
        changed = config | {"config": config["config"] | {"layers": layers}}
        found += [zipped(whole | {"config.json": json.dumps(part)}) for part in (hostile, changed)]
    return found


def changed_config(random, data):
    """A checkpoint with one value of its configuration replaced."""
    parts = members(data)
    config = json.loads(parts["config.json"])
    places = []

    def visit(part):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            places.append((part, key))
            if isinstance(value, dict | list):
                visit(value)

    visit(config)
    part, key = places[int(random.integers(len(places)))]
    values = [None, -1, 0, 10**6, 2**63, 1e300, "", "../../x", [], {}, True, [[]], "keras", *HOSTILE]
    part[key] = values[int(random.integers(len(values)))]
    return zipped(parts | {"config.json": json.dumps(config)})
