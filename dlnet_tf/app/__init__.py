"""A page on this machine to drop a picture on: `python -m dlnet_tf.app`, with what requirements-app.txt names."""
