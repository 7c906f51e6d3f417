"""Every registered degradation with each of its parameters: what the property and the conformance suite run on."""

import numpy as np

from dlnet_tf.degradations import REGISTRY

# "<degradation>-<parameter>" -> both.
CASES = {
    f"{name}-{parameter.name}": (degradation, parameter)
    for name, degradation in REGISTRY.items()
    for parameter in degradation.parameters
}


def example(parameter, batch, size, seed=0):
    """A batch of values of a parameter for clean images of a size, float32; kernels are 7 x 7 without any symmetry."""
    sizes = (batch, *size, 1) if len(parameter.shape) == 4 else (batch, 7, 7)
    shape = tuple(size if n is None else n for n, size in zip(parameter.shape, sizes, strict=False))
    value = parameter.example(np.random.default_rng(seed), shape)
    assert value.shape == shape
    return value.astype("float32")
