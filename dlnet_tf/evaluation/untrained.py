"""What fills holes and missing pixels without any training: OpenCV's inpainting, and linear interpolation."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from scipy.spatial import Delaunay, cKDTree

# Pixels around what is missing that OpenCV looks at, as in its own example.
RADIUS = 3
# So many triangulations are kept: those of all places that a square hole of one size can have.
KEPT = 512


def telea(degraded: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill by the fast marching method of Telea, Journal of Graphics Tools 2004 (OpenCV's, radius 3).

    Args:
        degraded: y, [B, H, W, 3] in [0, 1]; taken as 8-bit images.
        mask: [B, H, W, 1], 1 = observed, 0 = missing.

    Returns:
        [B, H, W, 3], float32 in [0, 1]; known pixels as they were.
    """
    return _by_opencv(degraded, mask, cv2.INPAINT_TELEA)


def navier_stokes(degraded: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Fill as a fluid flows: Bertalmio, Bertozzi, Sapiro, CVPR 2001 (OpenCV's, radius 3).

    Args:
        degraded: y, [B, H, W, 3] in [0, 1]; taken as 8-bit images.
        mask: [B, H, W, 1], 1 = observed, 0 = missing.

    Returns:
        [B, H, W, 3], float32 in [0, 1]; known pixels as they were.
    """
    return _by_opencv(degraded, mask, cv2.INPAINT_NS)


def linear(degraded: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Interpolate within the Delaunay triangles of the known pixels, as SciPy's `griddata`; outside take the nearest.

    Args:
        degraded: y, [B, H, W, C].
        mask: [B, H, W, 1], 1 = observed, 0 = missing; one pixel of every image at least is observed.

    Returns:
        [B, H, W, C], float32; known pixels as they were.
    """

    def fill(seen: np.ndarray, known: np.ndarray) -> np.ndarray:
        places, weights = _of_mask(np.packbits(known).tobytes(), known.shape)
        filled = np.array(seen, np.float32)
        filled[~known] = np.einsum("mk,mkc->mc", weights, seen.reshape(-1, seen.shape[-1])[places])
        return filled

    with ThreadPoolExecutor() as pool:
        return np.stack(list(pool.map(fill, np.asarray(degraded), np.asarray(mask)[..., 0] > 0)))


# In the order in which tables show them.
UNTRAINED = {"telea": telea, "navier_stokes": navier_stokes, "linear": linear}


def _by_opencv(degraded: np.ndarray, mask: np.ndarray, method: int) -> np.ndarray:
    seen = np.rint(255 * np.clip(degraded, 0, 1)).astype(np.uint8)
    missing = (np.asarray(mask) == 0).astype(np.uint8)
    with ThreadPoolExecutor() as pool:
        filled = pool.map(lambda image, holes: cv2.inpaint(image, holes, RADIUS, method), seen, missing)
        return np.stack(list(filled)).astype(np.float32) / 255


@functools.lru_cache(KEPT)
def _of_mask(packed: bytes, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return which known pixels each missing one is a mean of, and their weights, both [M, 3]."""
    known = np.unpackbits(np.frombuffer(packed, np.uint8), count=shape[0] * shape[1]).reshape(shape) > 0
    near = cv2.dilate((~known).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    # A triangle with a missing pixel in it has known ones at its corners that are next to missing ones.
    missing, corners = np.argwhere(~known), np.argwhere(known & near)
    flat = np.ravel_multi_index((corners[:, 0], corners[:, 1]), shape)
    places = np.repeat(flat[cKDTree(corners).query(missing)[1]][:, None], 3, axis=1)
    weights = np.tile(np.array([1, 0, 0], np.float32), (len(missing), 1))
    if np.linalg.matrix_rank(corners - corners[:1]) == 2:
        triangles = Delaunay(corners).simplices
        pixels, owners, found = _inside(corners[triangles], ~known)
        number = np.zeros(shape, int)
        number[~known] = np.arange(len(missing))
        rows = number[pixels[:, 0], pixels[:, 1]]
        places[rows], weights[rows] = flat[triangles[owners]], found
    return places, weights


def _inside(corners: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the missing pixels in triangles [T, 3, 2]: pixels [P, 2], their triangles [P], their weights [P, 3].

    SciPy's own search takes up to a second where points lie on a grid.
    """
    low, high = corners.min(axis=1), corners.max(axis=1)
    height, width = (high - low + 1).T
    count = height * width
    owners = np.repeat(np.arange(len(corners)), count)
    place = np.arange(len(owners)) - np.repeat(np.cumsum(count) - count, count)
    pixels = low[owners] + np.stack([place // width[owners], place % width[owners]], axis=1)
    asked = missing[pixels[:, 0], pixels[:, 1]]
    pixels, owners = pixels[asked], owners[asked]
    a, b, c = (corners[owners, corner] for corner in range(3))
    # Twice the areas of the parts, in whole numbers.
    parts = np.stack([_area(pixels, b, c), _area(a, pixels, c), _area(a, b, pixels)], axis=1)
    whole = _area(a, b, c)[:, None]
    inside = ((parts * np.sign(whole) >= 0).all(axis=1)) & (whole[:, 0] != 0)
    return pixels[inside], owners[inside], (parts[inside] / whole[inside]).astype(np.float32)


def _area(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    return (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
