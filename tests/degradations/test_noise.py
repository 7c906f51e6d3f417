import numpy as np
import tensorflow as tf

from dlnet_tf.degradations import add_noise, fidelity_weight
from dlnet_tf.degradations.noise import round_to_eight_bits, sample_noise
from dlnet_tf.rounding import EIGHT_BITS


def test_every_image_gets_its_own_level():
    y = tf.fill((3, 64, 64, 1), 0.5)
    noise = add_noise(y, tf.constant([0.0, 0.02, 0.1]), [1, 2]) - y
    np.testing.assert_array_equal(noise[0], np.zeros((64, 64, 1)))
    np.testing.assert_allclose(np.std(noise[1:], axis=(1, 2, 3)), [0.02, 0.1], rtol=0.05)
    np.testing.assert_allclose(np.mean(noise, axis=(1, 2, 3)), 0, atol=0.006)


def test_noise_is_a_pure_function_of_the_seed():
    y, sigma = tf.zeros((1, 8, 8, 1), "float64"), tf.constant([0.1])
    assert add_noise(y, sigma, [1, 2]).dtype == "float64"
    np.testing.assert_array_equal(add_noise(y, sigma, [1, 2]), add_noise(y, sigma, [1, 2]))
    assert np.all(add_noise(y, sigma, [1, 2]) != add_noise(y, sigma, [2, 2]))


def test_noise_inside_a_tf_data_map_is_the_noise_outside():
    y, sigma = tf.ones((2, 4, 4, 1)), tf.constant([0.1, 0.2])
    seeds = tf.constant([[0, 5], [1, 5]])
    mapped = list(tf.data.Dataset.from_tensor_slices(seeds).map(lambda seed: add_noise(y, sigma, seed)))
    for seed, noisy in zip(seeds, mapped, strict=True):
        np.testing.assert_array_equal(noisy, add_noise(y, sigma, seed))


def test_weight_is_the_relative_precision_of_an_observation():
    sigma = np.array([0.0, 0.01, 0.05, 0.2])
    expected = 0.05**2 / (0.05**2 + sigma**2)
    np.testing.assert_allclose(fidelity_weight(sigma), expected, rtol=1e-12)
    np.testing.assert_allclose(fidelity_weight(np.array([0.1]), reference=0.1), [0.5])


def test_weight_has_no_jump_at_zero():
    assert fidelity_weight(np.array([0.0]))[0] == 1.0
    assert 1 - fidelity_weight(np.array([1e-5]))[0] < 1e-7


def test_images_in_training_are_exact_rounded_or_noisy_and_sigma_says_which():
    y = tf.random.stateless_uniform((4000, 16, 16, 1), (0, 0))
    observed, sigma = sample_noise(y, [3, 4], 0.02)
    np.testing.assert_array_equal(sample_noise(y, [3, 4], 0.02)[0], observed)
    assert observed.dtype == y.dtype and sigma.shape == (4000,)
    error, sigma = np.asarray(observed - y), np.asarray(sigma)
    exact, rounded = sigma == 0, sigma == np.float32(EIGHT_BITS)
    assert not error[exact].any() and abs(exact.mean() - 0.5) < 0.03 and abs(rounded.mean() - 0.25) < 0.03
    np.testing.assert_allclose(error[rounded].std(), EIGHT_BITS, rtol=0.01)
    grey = 255 * np.asarray(observed)[rounded]
    np.testing.assert_allclose(grey, np.rint(grey), atol=1e-4)
    white = ~exact & ~rounded
    assert 0 < sigma[white].min() and sigma.max() < 0.02 and abs(sigma[white].mean() - 0.01) < 0.001
    np.testing.assert_allclose(error[white].std(axis=(1, 2, 3)) / sigma[white], 1, atol=0.25)


def test_eight_bits_hold_what_a_file_holds():
    y = np.array([-0.2, 0.5, 0.5 / 255, 1.3], "float32")
    np.testing.assert_allclose(255 * round_to_eight_bits(y), [0, 128, 0, 255], atol=1e-4)
