"""The SVG is well formed and its marks stand where the values say."""

import xml.etree.ElementTree as ElementTree

import pytest

from dlnet_tf.reporting.line_plot import line_plot


def drawn(series, labels=("1", "2", "3")):
    colours = {label: number for number, label in enumerate(series)}
    return ElementTree.fromstring(line_plot(series, colours, labels, "fidelity <y>", "step"))


def heights(svg, number=0):
    group = svg.findall("g")[number]
    return [float(circle.get("cy")) for circle in group.findall("circle")]


def test_one_line_a_series_with_its_colour_label_and_values():
    svg = drawn({"A & B": [1, 2, 3], "C": [3, 2, 1]})
    groups = svg.findall("g")
    assert [group.get("class") for group in groups] == ["series s0", "series s1"]
    assert [group.find("text").text for group in groups] == ["A & B", "C"]
    assert groups[0].findall("circle")[1].find("title").text == "A & B, 2: 2"
    assert len(groups[0].find("polyline").get("points").split()) == 3


def test_linear_axis_is_linear_and_upwards():
    first, second, third = heights(drawn({"a": [20.0, 25.0, 30.0]}))
    assert first > second > third
    assert first - second == pytest.approx(second - third, abs=0.2)


def test_values_far_apart_get_a_logarithmic_axis():
    first, second, third = heights(drawn({"a": [100.0, 1.0, 0.01]}))
    assert second - first == pytest.approx(third - second, abs=0.2)
    assert "logarithmic" in drawn({"a": [100.0, 1.0, 0.01]}).find("text").text
    # Zero has no logarithm.
    assert "logarithmic" not in drawn({"a": [100.0, 1.0, 0.0]}).find("text").text


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [0.0, 0.0, 0.0], [1e-9, 1e-9, 2e-9]])
def test_flat_lines_stay_inside_the_picture(values):
    assert all(0 < height < 300 for height in heights(drawn({"a": values})))


def test_labels_of_lines_that_end_together_do_not_overlap():
    svg = drawn({name: [1.0, 2.0, 3.0 + 0.001 * index] for index, name in enumerate("abcdef")} | {"g": [0, 0, 0]})
    places = sorted(float(group.find("text").get("y")) for group in svg.findall("g"))
    assert min(b - a for a, b in zip(places, places[1:], strict=False)) >= 14.9
    assert 0 < places[0] and places[-1] < 300


def test_lines_may_be_of_different_length():
    svg = drawn({"a": [1.0, 2.0], "b": [1.0, 2.0, 4.0]})
    assert [len(heights(svg, number)) for number in (0, 1)] == [2, 3]
    assert heights(svg, 0) == heights(svg, 1)[:2]


def test_what_is_not_finite_leaves_no_point():
    inf, nan = float("inf"), float("nan")
    svg = drawn({"a": [1.0, inf, 2.0], "b": [nan, inf, -inf], "c": [2.0, 1.5, nan]})
    assert [group.find("text").text for group in svg.findall("g")] == ["a", "c"]
    assert [len(heights(svg, number)) for number in (0, 1)] == [2, 2]
    assert heights(svg)[1] == heights(svg, 1)[0]
    assert drawn({"a": [inf, inf, nan]}).findall("g") == []


def test_a_single_step_is_a_point():
    assert len(heights(drawn({"a": [1.0]}, ["1"]))) == 1


def test_long_labels_have_room():
    def right_of_axis(label):
        svg = drawn({label: [1.0, 2.0, 3.0]})
        return float(svg.get("viewBox").split()[2]) - float(svg.find("g").find("text").get("x"))

    assert right_of_axis("short") == right_of_axis("DL-Net") < right_of_axis("Naive likelihood 2.5e3")
    # A bold letter of DejaVu Sans, the widest of the usual fonts, takes 0.7 of its size of 12 on average.
    label = "Navier-Stokes (OpenCV)"
    assert right_of_axis(label) >= 0.7 * 12 * len(label)


def test_ten_lines_have_colours_of_their_own():
    svg = drawn({str(number): [1.0, 2.0, number] for number in range(10)})
    assert len({group.get("class") for group in svg.findall("g")}) == 10
