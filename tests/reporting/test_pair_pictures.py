"""One test case in pictures."""

from dlnet_tf.evaluation import super_resolution_protocol as protocol
from dlnet_tf.reporting.pair_pictures import side_by_side
from tests import stand_in


def test_pictures_are_input_methods_and_truth_in_one_size():
    (pair,) = protocol.make_pairs([("photograph", stand_in.photograph(1, 40, 50))], 2, 0.0)
    (score,) = protocol.evaluate(protocol.bicubic(2), [pair])
    pictures = side_by_side(pair, {"Bicubic": score})
    assert [picture.label for picture in pictures] == ["Input", "Bicubic", "Truth"]
    assert {picture.image.shape for picture in pictures} == {(40, 50)}
    assert [picture.psnr for picture in pictures] == [None, score.psnr, None]
