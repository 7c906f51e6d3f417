"""Reading back what TensorBoard would show."""

import numpy as np
import tensorflow as tf
from tensorflow.core.util import event_pb2


def read_events(folder):
    """{tag: {step: value}}: a float for a curve, uint8 [H, W, C] for a picture."""
    found = {}
    for path in sorted(folder.iterdir()):
        for record in tf.data.TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                content = tf.make_ndarray(value.tensor)
                picture = value.metadata.plugin_data.plugin_name == "images"
                # A picture is stored as width, height and encoded images.
                shown = tf.io.decode_image(content[2]).numpy() if picture else np.asarray(content).item()
                found.setdefault(value.tag, {})[event.step] = shown
    return found
