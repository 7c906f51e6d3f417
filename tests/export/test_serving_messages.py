"""Requests in TensorFlow Serving's own messages, answered as the server answers them: a session that feeds and fetches
the tensors that a signature names. The server itself is not run."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from dlnet_tf.degradations import BlurDownsample
from dlnet_tf.export import export
from dlnet_tf.likelihood import DLNet, GradientUpdate
from tests import stand_in


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(model, answer): a DL-Net, and what the server makes of the bytes of a request to its SavedModel."""
    model, folder = DLNet(stand_in.idn(), BlurDownsample(3), 3, GradientUpdate()), tmp_path_factory.mktemp("served")
    export(model, folder / "idn" / "1", check=False)
    with tf.Graph().as_default():
        session = tf.compat.v1.Session()
        loaded = tf.compat.v1.saved_model.load(session, [tf.saved_model.SERVING], str(folder / "idn" / "1"))

    def answer(message):
        request = predict_pb2.PredictRequest.FromString(message)
        signature = loaded.signature_def[request.model_spec.signature_name or "serving_default"]
        assert request.inputs.keys() == signature.inputs.keys()
        feed = {signature.inputs[name].name: tf.make_ndarray(value) for name, value in request.inputs.items()}
        fetch = {name: info.name for name, info in signature.outputs.items()}
        response = predict_pb2.PredictResponse(model_spec=request.model_spec)
        for name, value in session.run(fetch, feed).items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response.SerializeToString()

    yield model, answer
    session.close()


def request(signature="", **inputs):
    """The bytes of a request; without a signature's name the server takes the default one."""
    message = predict_pb2.PredictRequest()
    message.model_spec.name, message.model_spec.signature_name = "idn", signature
    for name, value in inputs.items():
        message.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return message.SerializeToString()


def pictures(count=2):
    return np.random.default_rng(0).random((count, 8, 7, 1)).astype("float32")


@pytest.mark.parametrize("signature", ["", "serving_default", "kernel"])
def test_an_answer_is_what_the_model_gives(served, signature):
    model, answer = served
    kernel = np.random.default_rng(1).random((2, 7, 7)).astype("float32")
    kernel /= kernel.sum(axis=(1, 2), keepdims=True)
    blur = {"kernel": kernel} if signature == "kernel" else {"blur_width": np.array([0.5, 2.0], "float32")}
    inputs = {"degraded": pictures(), **blur}
    response = predict_pb2.PredictResponse.FromString(answer(request(signature, **inputs)))
    assert response.outputs.keys() == {"restored"}
    restored = tf.make_ndarray(response.outputs["restored"])
    # What undoes the blur of mere noise is large, and the server adds up in another order.
    np.testing.assert_allclose(restored, model(inputs, training=False), atol=5e-5)


def test_a_wrong_request_ends_in_an_error_and_the_next_is_answered(served):
    _, answer = served
    with pytest.raises(tf.errors.InvalidArgumentError):
        answer(request(degraded=pictures(), blur_width=np.ones(3, "float32")))
    right = request(degraded=pictures(), blur_width=np.ones(2, "float32"))
    assert predict_pb2.PredictResponse.FromString(answer(right)).outputs["restored"].tensor_shape.dim[1].size == 24
