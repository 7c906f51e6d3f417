"""Keeping back what native code writes to standard error."""

import os

from dlnet_tf import native_log


def test_the_descriptor_itself_is_silenced_and_comes_back(capfd):
    with native_log.silenced():
        os.write(2, b"within\n")
    os.write(2, b"after\n")
    assert capfd.readouterr() == ("", "after\n")
