"""The experiments of the command line: data, degradation, backbone, objective and evaluation put together."""
