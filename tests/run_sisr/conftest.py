"""A folder with small models and images, and one process that answers command lines in it."""

import keras
import pytest

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.likelihood import AdamUpdate, DLNet, GradientUpdate
from tests import stand_in
from tests.command_line import Session, write


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """Models under checkpoints/, others under models/, images under data/ and photos/."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "checkpoints").mkdir()
    (folder / "models").mkdir()
    keras.utils.set_random_seed(6)
    network = stand_in.idn()
    network.save(folder / "checkpoints" / "idn_x3_reference.keras")
    network.save(folder / "checkpoints" / "idn_x3_joint.keras")
    network.save(folder / "models" / "mine.keras")
    adam = DLNet(network, BlurDownsample(3), 3, AdamUpdate(0.01), name="idn_x3_dlnet")
    adam.save(folder / "checkpoints" / "idn_x3_dlnet.keras")
    # What undoes the blur too takes thrice as long to trace.
    plain = GradientUpdate(4.0, damping=None)
    gradient = DLNet(network, BlurDownsample(3), 3, plain, name="idn_x3_dlnet_gradient")
    DLNet(network, BlurDownsample(3), 2, GradientUpdate(4.0)).save(folder / "models" / "undoing.keras")
    gradient.save(folder / "checkpoints" / "idn_x3_dlnet_gradient.keras")
    adam.save(folder / "models" / "adam.keras")
    stand_in.idn(scale=2).save(folder / "models" / "idn_x2.keras")
    (folder / "models" / "garbage.keras").write_bytes(b"garbage")
    for index in range(2):
        write(folder / "data" / "Set5" / f"{index}.png", stand_in.photograph(index, 45, 52))
    write(folder / "photos" / "colour.png", stand_in.photograph(3, 13, 17))
    write(folder / "photos" / "below" / "gray.png", stand_in.photograph(4, 11, 10, colour=False))
    # What cannot be read, and what cannot be written.
    (folder / "empty").mkdir()
    (folder / "kept.png").mkdir()
    (folder / "file").write_bytes(b"regular")
    (folder / "broken").mkdir()
    write(folder / "broken" / "a.png", stand_in.photograph(5, 12, 12))
    whole = (folder / "broken" / "a.png").read_bytes()
    (folder / "broken" / "b.png").write_bytes(whole[: len(whole) // 2])
    (folder / "zero.png").write_bytes(b"")
    (folder / "text.png").write_text("no image")
    return folder


@pytest.fixture(scope="session")
def cli(home):
    session = Session("run_sisr", home)
    yield session
    session.close()
