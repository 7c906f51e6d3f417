"""The rules by name."""

import subprocess
import sys

from tests.conftest import ROOT

# In another process, as the tests import more than a user does.
SCRIPT = """
import sys
import dlnet_tf, keras
rules = sys.modules["dlnet_tf.likelihood.rules"].RULES
names = [keras.saving.get_registered_name(kind) for kind in rules.values()]
assert names and all(keras.saving.get_registered_object(name) for name in names), names
"""


def test_every_rule_is_known_to_keras_after_one_import():
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, cwd=ROOT)
