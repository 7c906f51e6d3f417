"""Bytes made of other bytes, as a pure function of a random generator."""

import numpy as np

# Lengths and signs that readers stumble over.
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(random: np.random.Generator, data: bytes, other: bytes) -> bytes:
    """A few changes of `data`, for one of which `other` may lend a part."""
    changed = bytearray(data)
    for _ in range(random.geometric(0.6)):
        if not changed:
            break
        place = int(random.integers(len(changed)))
        # Headers decide more than pixels do.
        if random.random() < 0.5:
            place %= 128
            place = min(place, len(changed) - 1)
        count = int(random.integers(1, 1 + min(64, len(changed))))
        match int(random.integers(8)):
            case 0:
                changed[place] ^= 1 << int(random.integers(8))
            case 1:
                width, order = int(random.choice([1, 2, 4])), str(random.choice(["big", "little"]))
                value = int(random.choice(INTERESTING)) & ((1 << 8 * width) - 1)
                changed[place : place + width] = value.to_bytes(width, order)
            case 2:
                del changed[place:]
            case 3:
                del changed[place : place + count]
            case 4:
                changed[place:place] = random.integers(0, 256, count, np.uint8).tobytes()
            case 5:
                changed[place:place] = changed[place : place + count]
            case 6:
                start = int(random.integers(len(other) or 1))
                changed[place : place + count] = other[start : start + count]
            case 7:
                changed[place : place + count] = bytes(count)
    return bytes(changed)
