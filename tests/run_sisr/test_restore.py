"""`--mode restore`: what becomes of photographs, and what is refused."""

import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image, ImageCms

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.imagefiles.images import read_image
from dlnet_tf.imagefiles.photographs import read_photograph, write_photograph
from dlnet_tf.likelihood import DLNet
from dlnet_tf.restoration import Restorer, super_resolve
from dlnet_tf.restoration.blur_estimation import estimate_blur_width
from dlnet_tf.restoration.noise_estimation import of_photograph
from dlnet_tf.restoration.sweep import contact_sheet
from tests import stand_in
from tests.command_line import ENVIRONMENT, ROOT, write

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_photographs_of_a_folder_are_restored(cli):
    out = cli.accepts("--mode=restore", "--input=photos", "--output=large", "--blur_width=1.3")
    assert "(51 x 39, idn_x3_dlnet_gradient)" in out and "(30 x 33, idn_x3_dlnet_gradient)" in out
    model = keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    for name in ("colour", "below/gray"):
        expected = super_resolve(Restorer(model), read_image(cli.folder / "photos" / f"{name}.png"), 3, blur_width=1.3)
        restored = read_image(cli.folder / "large" / f"{name}.png")
        assert restored.shape == expected.shape
        assert np.abs(restored.astype(int) - expected).max() <= 1


def test_one_photograph_with_a_plain_network_a_kernel_and_other_steps(cli):
    restore = ("--mode=restore", "--input=photos/colour.png")
    assert "idn_x3_reference" in cli.accepts(*restore, "--output=one.png", "--method=reference")
    delta = np.zeros((3, 3))
    delta[1, 1] = 1
    np.save(cli.folder / "delta.npy", delta)
    cli.accepts(*restore, "--output=two.png", "--kernel=delta.npy")
    cli.accepts(*restore, "--output=three.png", "--blur_width=0")
    two, three = (read_image(cli.folder / f"{name}.png").astype(int) for name in ("two", "three"))
    assert np.abs(two - three).max() <= 1
    one_step = ("--num_steps=1", "--checkpoint=checkpoints/idn_x3_dlnet.keras")
    assert "idn_x3_dlnet)" in cli.accepts(*restore, "--output=four.png", "--blur_width=2", *one_step)
    one, four = (read_image(cli.folder / f"{name}.png").astype(int) for name in ("one", "four"))
    assert np.abs(one - four).max() <= 1
    # What exists is replaced only on demand.
    assert "one.png: exists; give --overwrite to replace it" in cli.refuses(
        *restore, "--output=one.png", "--blur_width=0"
    )
    cli.accepts(*restore, "--output=one.png", "--blur_width=0", "--overwrite")
    np.testing.assert_array_equal(read_image(cli.folder / "one.png"), three)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "expected --input and --output"),
        (("--input=photos",), "expected --input and --output"),
        (("--input=missing", "--output=o"), "--input=missing: no such file or folder"),
        (("--input=empty", "--output=o"), "empty: found no image files"),
        (("--input=zero.png", "--output=o.png"), "zero.png: found 0 bytes"),
        (("--input=text.png", "--output=o.png"), "text.png: found no image"),
        (("--input=broken/b.png", "--output=o.png"), "b.png: truncated"),
        # The first image of the folder is whole, and yet nothing is written.
        (("--input=photos/colour.png", "--output=o"), "--output=o: found suffix '', expected one of .bmp"),
        (("--input=photos/colour.png", "--output=o.pgm"), "found suffix '.pgm'"),
        (("--input=photos/colour.png", "--output=file/o.png"), "file is not a writable folder"),
        (("--input=photos", "--output=file"), "file is not a writable folder"),
        (("--input=photos/colour.png", "--output=kept.png", "--overwrite"), "kept.png: is a folder"),
        (
            ("--input=photos", "--output=o", "--blur_width=1", "--kernel=x.npy"),
            "found both, expected exactly one of --blur_width and --kernel",
        ),
        (("--input=photos", "--output=o", "--blur_width="), "--blur_width"),
    ],
)
def test_restore_refuses(cli, flags, words):
    width = () if any("blur_width" in flag for flag in flags) else ("--blur_width=1",)
    assert words in cli.refuses("--mode=restore", *flags, *width)


def test_restore_asks_for_the_blur(cli):
    words = "found neither, expected exactly one of --blur_width and --kernel"
    assert words in cli.refuses("--mode=restore", "--input=photos", "--output=o")


def test_the_blur_of_a_photograph_is_estimated(cli):
    image = stand_in.photograph(3, 40, 60)
    write(cli.folder / "larger.png", image)
    restore = ("--mode=restore", "--input=larger.png")
    out = cli.accepts(*restore, "--output=by_auto.png", "--blur_width=auto")
    estimate = estimate_blur_width(image, 3)
    assert f"larger.png: {estimate}\n" in out
    cli.accepts(*restore, "--output=by_number.png", f"--blur_width={estimate.blur_width}")
    np.testing.assert_array_equal(*(read_image(cli.folder / f"by_{name}.png") for name in ("auto", "number")))
    line = cli.refuses("--mode=restore", "--input=photos/colour.png", "--output=o.png", "--blur_width=auto")
    assert "photos/colour.png: found 17 x 13 pixels, expected at least 16 patches of 6 x 6" in line
    # One that cannot be estimated is told before the others are restored.
    (cli.folder / "both").mkdir()
    write(cli.folder / "both" / "a.png", image)
    write(cli.folder / "both" / "b.png", stand_in.photograph(3, 13, 17))
    assert "b.png: found 17 x 13" in cli.refuses("--mode=restore", "--input=both", "--output=o", "--blur_width=auto")
    assert not (cli.folder / "o").exists()


@pytest.mark.slow
def test_no_more_blur_is_undone_than_a_photograph_seems_to_have(cli):
    image = stand_in.photograph(3, 40, 60)
    flat = np.full((40, 60, 3), 90, np.uint8)
    (cli.folder / "told").mkdir()
    for name, pixels in (("a", image), ("b", flat)):
        write(cli.folder / "told" / f"{name}.png", pixels)
    # For a JPEG the blur is not checked, and a flag keeps the given width.
    Image.fromarray(image).save(cli.folder / "told.jpg", quality=90)
    insist = ("--mode=restore", "--blur_width=2.9")
    assert "is used" not in cli.accepts(*insist, "--input=told.jpg", "--output=insisted_jpeg.png")
    assert "is used" not in cli.accepts(*insist, "--input=told/a.png", "--output=insisted.png", "--nocap_blur")
    largest = estimate_blur_width(image, 3).largest
    assert largest < 2.9
    out = cli.accepts("--mode=restore", "--input=told", "--output=told_out", "--blur_width=2.9")
    assert f"found more detail than --blur_width=2.9 leaves, {largest:.2f} is used" in out
    assert out.count("is used") == 1
    for name, u in (("a", largest), ("b", 2.9)):
        cli.accepts("--mode=restore", f"--input=told/{name}.png", f"--output={name}.png", f"--blur_width={u}")
        np.testing.assert_array_equal(
            read_image(cli.folder / f"{name}.png"), read_image(cli.folder / f"told_out/{name}.png")
        )


def test_a_sweep_is_one_sheet(cli):
    sweep = ("--mode=restore", "--sweep", "--input=photos/colour.png")
    out = cli.accepts(*sweep, "--output=sheet.png", "--sweep_at=3,4")
    assert "sheet.png  (u = 0 to 3, idn_x3_dlnet_gradient)" in out
    restorer = Restorer(keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras"))
    expected = contact_sheet(restorer, read_image(cli.folder / "photos" / "colour.png"), 3, (3, 4))
    sheet = read_image(cli.folder / "sheet.png")
    assert sheet.shape == expected.shape and np.abs(sheet.astype(int) - expected).max() <= 1
    for flags, words in {
        ("--output=sheet.png",): "sheet.png: exists; give --overwrite to replace it",
        ("--output=sheet",): "--output=sheet: found suffix ''",
        ("--output=o.png", "--sweep_at=17,0"): "--sweep_at=17,0: found a place outside the photograph",
        ("--output=o.png", "--blur_width=1"): "--blur_width=1: found with --sweep",
        ("--output=o.png", "--input=photos"): "--input=photos: found a folder with --sweep",
        ("--output=o.png", "--method=joint"): "--sweep: found a plain network, expected a DL-Net checkpoint",
    }.items():
        assert words in cli.refuses(*sweep, *flags)


@pytest.mark.parametrize("method", ["--method=joint", "--checkpoint=models/mine.keras"])
def test_a_plain_network_is_told_nothing(cli, method):
    restore = ("--mode=restore", "--input=photos", "--output=o", method)
    for flag in ("--blur_width=1.3", "--kernel=x.npy", "--noise_sigma=0.1"):
        assert f"{flag}: found a plain network, expected a DL-Net checkpoint" in cli.refuses(*restore, flag)


@pytest.mark.slow
def test_noise_is_refused_where_the_model_makes_no_use_of_it(cli):
    restore = ("--mode=restore", "--input=photos/colour.png", "--blur_width=1", "--noise_sigma=0.05")
    assert "--noise_sigma=0.05: found a model that cannot use it" in cli.refuses(
        *restore, "--output=o.png", "--method=dlnet"
    )
    image = read_image(cli.folder / "photos" / "colour.png")
    undoing = Restorer(keras.saving.load_model(cli.folder / "models" / "undoing.keras"))
    with_undoing = (*restore[:-1], "--checkpoint=models/undoing.keras", "--output=noisy.png", "--overwrite")
    for sigma in (0.05, 1 / (255 * 12**0.5)):
        cli.accepts(*with_undoing, f"--noise_sigma={sigma}")
        restored = super_resolve(undoing, image, 3, blur_width=1.0, noise_sigma=sigma)
        np.testing.assert_array_equal(read_image(cli.folder / "noisy.png"), restored)
    cli.accepts(*with_undoing, "--noise_sigma=auto")
    expected = super_resolve(undoing, image, 3, blur_width=1.0, noise_sigma=of_photograph(image))
    np.testing.assert_array_equal(read_image(cli.folder / "noisy.png"), expected)
    assert "noise_sigma: found auto with --mode=eval" in cli.refuses("--noise_sigma=auto")
    # That of a file of 8 bits is what nobody has to say.
    np.testing.assert_array_equal(super_resolve(undoing, image, 3, blur_width=1.0), restored)
    network = stand_in.idn()
    sigma = keras.Input((), name="noise_sigma")
    restored = network.output + 0.2 * keras.ops.reshape(sigma, (-1, 1, 1, 1))
    network = keras.Model({**network.input, "noise_sigma": sigma}, restored, name="idn")
    DLNet(network, BlurDownsample(3), 1).save(cli.folder / "models" / "noise.keras")
    cli.accepts(*restore, "--output=noise.png", "--checkpoint=models/noise.keras")


def test_alpha_depth_and_profile_are_kept_where_the_file_holds_them(cli):
    image = np.dstack([stand_in.photograph(index, 9, 8).astype(np.uint16) * 257 for index in (3, 4)])[..., :4]
    write_photograph(cli.folder / "deep.tif", image, PROFILE)
    restore = ("--mode=restore", "--blur_width=1", "--input=deep.tif")
    assert len(cli.accepts(*restore, "--output=deep.png").splitlines()) == 1
    found = read_photograph(cli.folder / "deep.png")
    model = keras.saving.load_model(cli.folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    expected = super_resolve(Restorer(model), image, 3, blur_width=1.0)
    assert found.pixels.dtype == np.uint16 and found.pixels.shape == (27, 24, 4) and found.profile == PROFILE
    assert np.abs(found.pixels.astype(int) - expected).max() <= 2
    out = cli.accepts(*restore, "--output=deep.jpg")
    assert "deep.jpg: .jpg holds no alpha channel (transparency), .png does" in out
    assert "deep.jpg: .jpg holds 8 bits a channel, .png and .tif hold 16" in out
    assert read_photograph(cli.folder / "deep.jpg").profile == PROFILE


def test_photographs_of_a_pattern_are_restored(cli):
    cli.accepts("--mode=restore", "--blur_width=1", "--input=photos/**/*ra*.png", "--output=some")
    assert [path.name for path in (cli.folder / "some").rglob("*.*")] == ["gray.png"]
    assert (cli.folder / "some" / "below" / "gray.png").is_file()
    line = cli.refuses("--mode=restore", "--blur_width=1", "--input=photos/*.webp", "--output=o")
    assert "--input=photos/*.webp: no such file or folder" in line


def test_photographs_that_do_not_fit_into_memory_are_refused(cli):
    write(cli.folder / "big.png", np.zeros((2000, 2001), np.uint8))
    restore = ("--mode=restore", "--input=big.png", "--output=o.png", "--blur_width=1")
    line = cli.refuses(*restore, "--max_memory=1")
    assert "big.png: found 2001 x 2000 pixels, expected at most 3,787,878; a larger --max_memory allows more" in line
    line = cli.refuses(*restore, "--max_memory=0.5")
    assert "--max_memory=0.5" in line
    # The sheet shows a part, but the whole photograph is read for it.
    line = cli.refuses(*restore[:-1], "--sweep", "--max_memory=1")
    assert "big.png: found 2001 x 2000 pixels, expected at most 3,787,878; a larger --max_memory allows more" in line


@pytest.fixture
def interruptible():
    # What is started by a job in the background ignores interrupts, as the job does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_leaves_whole_files_and_no_partial_ones(home, tmp_path):
    image = stand_in.photograph(1, 250, 250)
    for index in range(40):
        write(tmp_path / "photos" / f"{index:02}.png", image)
    command = [sys.executable, str(ROOT / "run_sisr.py"), "--mode=restore", "--input=photos", "--output=large"]
    command += ["--blur_width=1", f"--checkpoint={home}/checkpoints/idn_x3_dlnet.keras"]
    running = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Its line is printed when a file is whole.
    running.stdout.readline()
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    files = sorted(path.name for path in (tmp_path / "large").iterdir())
    assert running.returncode == 130 and 1 <= len(files) < 40
    assert files == [f"{index:02}.png" for index in range(len(files))]
    first = read_image(tmp_path / "large" / "00.png")
    assert first.shape == (750, 750, 3)
    for name in files:
        np.testing.assert_array_equal(read_image(tmp_path / "large" / name), first)


def test_two_images_do_not_become_one(cli):
    for suffix in ("png", "bmp"):
        write(cli.folder / "twins" / f"a.{suffix}", stand_in.photograph(0, 9, 9))
    line = cli.refuses("--mode=restore", "--input=twins", "--output=o", "--blur_width=1")
    assert "--input=twins: found 2 images that would all become o/a.png" in line


@pytest.mark.parametrize(
    ("kernel", "words"),
    [
        (b"", "cannot be read as a .npy file"),
        (b"garbage", "cannot be read as a .npy file"),
        (b"PK\x03\x04 no archive", "cannot be read as a .npy file"),
        (b"\x93NUMPY\x01\x00\x05\x00((((\n", "cannot be read as a .npy file"),
        (np.ones((2, 2)) / 4, "found shape [2, 2], expected [k, k] with k odd"),
        (np.ones((3, 5)) / 15, "found shape [3, 5]"),
        (np.ones((3, 3)), "found a sum of 9"),
        (np.full((3, 3), np.nan), "found a sum of nan"),
        (np.array(["a"]), "found no array of numbers"),
        (np.array([None]), "found no array of numbers"),
    ],
)
def test_kernels_are_refused(cli, kernel, words):
    path = cli.folder / "kernel.npy"
    if isinstance(kernel, bytes):
        path.write_bytes(kernel)
    else:
        np.save(path, kernel)
    assert words in cli.refuses("--mode=restore", "--input=photos", "--output=o", f"--kernel={path}")


def test_a_folder_is_restored_past_a_broken_file(cli):
    answer = cli("--mode=restore", "--input=broken", "--output=past", "--blur_width=1")
    assert answer["code"] == 1 and (cli.folder / "past" / "a.png").is_file()
    first, last = answer["err"].splitlines()
    assert first.startswith("left out: broken/b.png: truncated")
    assert last.startswith("run_sisr.py: --input=broken: left out 1 of 2 files: broken/b.png: truncated")
