"""Who is held out: by partition, order, folder and hash."""

import collections

import pytest

from dlnet_tf.data.splitting import BY_FOLDER_OR_HASH, BY_HASH, FIRST_FILES, partition_rule
from dlnet_tf.errors import UsageError


def counts(assigned):
    found = collections.Counter(assigned)
    return found["train"], found["validation"], found["test"], found[None]


def test_the_official_partition(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("1.jpg 0\r\n2.jpg 1\n\n3.jpg 2\n4.jpg 0\n")
    rule = partition_rule(path)
    assert rule.assign(["a/3.jpg", "1.jpg", "2.jpg"]) == ["test", "train", "validation"]
    with pytest.raises(UsageError, match="list.txt: found no line for 1 of 2 images, such as 9.jpg"):
        rule.assign(["1.jpg", "9.jpg"])
    path.write_text("1.jpg 0\n2.jpg 2\n")
    assert partition_rule(path).stamp != rule.stamp


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.jpg 0\n2.jpg 3\n", "found '2.jpg 3' in line 2"),
        ("202599\n1.jpg 0\n", "found '202599' in line 1"),
        ("image_id,partition\n1.jpg,0\n", "found 'image_id,partition' in line 1"),
        ("", "found no lines"),
    ],
)
def test_other_files_are_no_partition(tmp_path, text, found):
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(UsageError, match=f"list.txt: {found}"):
        partition_rule(tmp_path / "list.txt")
    with pytest.raises(UsageError, match="cannot be read as a partition file"):
        partition_rule(tmp_path)


def test_the_papers_first_files():
    names = [f"{index:06}.jpg" for index in range(1, 202_600)]
    assigned = FIRST_FILES.assign(names)
    assert counts(assigned) == (100_000, 10_000, 10_000, 82_599)
    assert assigned[99_999] == "train" and assigned[100_000] == "validation" and assigned[110_000] == "test"
    assert FIRST_FILES.assign(names[::-1]) == assigned[::-1]
    assert [counts(FIRST_FILES.assign(names[:n])) for n in (1, 2, 3, 24)] == [
        (0, 0, 1, 0),
        (0, 0, 2, 0),
        (1, 1, 1, 0),
        (20, 2, 2, 0),
    ]


def test_the_hash_depends_on_the_names_alone():
    names = [f"a/abbey/sun_{index:05}.jpg" for index in range(1000)]
    assigned = BY_HASH.assign(names)
    assert counts(assigned) == (900, 50, 50, 0)
    assert BY_HASH.assign(names[::-1]) == assigned[::-1]
    assert BY_HASH.assign([name.replace("a/abbey", "b/bridge") for name in names]) == assigned
    # Spread over the order of names: a twentieth of a half, give or take three standard deviations.
    assert 12 < assigned[:500].count("test") < 38
    assert [counts(BY_HASH.assign(names[:n])) for n in (1, 2, 3, 39)] == [
        (0, 0, 1, 0),
        (0, 0, 2, 0),
        (1, 1, 1, 0),
        (37, 1, 1, 0),
    ]
    assert counts(BY_HASH.assign([str(index) for index in range(150_000)])) == (140_000, 5_000, 5_000, 0)


def test_two_photographs_of_one_name_in_different_folders_are_two():
    names = [f"{folder}/{index}.jpg" for folder in range(40) for index in range(3)]
    assigned = BY_HASH.assign(names)
    held_out = [name for name, split in zip(names, assigned, strict=True) if split == "test"]
    assert len(held_out) == 6 and len({name.split("/")[1] for name in held_out}) > 1


def test_folders_named_after_the_splits_are_taken():
    names = ["train/1.jpg", "val/2.jpg", "test/a/3.jpg"]
    assert BY_FOLDER_OR_HASH.assign(names) == ["train", "validation", "test"]
    names.append("other/4.jpg")
    assert BY_FOLDER_OR_HASH.assign(names) == BY_HASH.assign(names)
