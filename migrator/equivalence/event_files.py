"""Reads TensorFlow's event files: what summaries they hold, in the forms that TF1 and TF2 write.

Runs under a real TensorFlow 1.x too (Python 3.5 syntax: no f-strings, annotations are strings). Event files are data
from outside: a damaged or truncated one gives what stands before the damage.
"""

import re
from typing import Any

import numpy as np

SCALAR, HISTOGRAM, IMAGE, AUDIO, TEXT, OTHER = "scalar", "histogram", "image", "audio", "text", "other"
_PLUGINS = {"scalars": SCALAR, "histograms": HISTOGRAM, "images": IMAGE, "audio": AUDIO, "text": TEXT}
_IMAGE_TAG = re.compile(r"^(.*)/image(?:/\d+)?$")
_AUDIO_TAG = re.compile(r"^(.*)/audio(?:/\d+)?$")


class Entry:
    """One summary value. ``value`` is a float32 number, ``[smallest, largest, count]`` of a histogram (float64), the
    pixels of an image (uint8, height x width x channels), the words of a WAV file (int16, 22 of them its header), or an
    array of texts."""

    def __init__(self, kind: "str", tag: "str", step: "int", value: "Any") -> "None":
        self.kind = kind
        self.tag = tag
        self.step = step
        self.value = value


def read(path: "str") -> "list[Entry]":
    """The summary values in one event file, in order."""
    from tensorflow.python.framework import errors
    from tensorflow.python.summary.summary_iterator import summary_iterator

    found = []  # type: list[Entry]
    plugins = {}  # type: dict[str, str]
    pixels = _Pixels()
    try:
        for event in summary_iterator(path):
            for value in event.summary.value:
                # Only the first value of a tag carries the name of its plugin.
                name = value.metadata.plugin_data.plugin_name
                plugin = plugins.setdefault(value.tag, name) if name else plugins.get(value.tag, "")
                found += _entries(value, plugin, event.step, pixels)
    except (errors.DataLossError, errors.NotFoundError, errors.OutOfRangeError):
        pass
    return found


def _entries(value: "Any", plugin: "str", step: "int", pixels: "_Pixels") -> "list[Entry]":
    form = value.WhichOneof("value")
    if form == "simple_value":
        return [Entry(SCALAR, value.tag, step, np.float32(value.simple_value))]
    if form == "histo":
        histogram = value.histo
        numbers = np.array([histogram.min, histogram.max, histogram.num], np.float64)
        return [Entry(HISTOGRAM, value.tag, step, numbers)]
    if form == "image":
        match = _IMAGE_TAG.match(value.tag)
        tag = match.group(1) if match else value.tag
        return [Entry(IMAGE, tag, step, pixels.of(value.image.encoded_image_string))]
    if form == "audio":
        match = _AUDIO_TAG.match(value.tag)
        tag = match.group(1) if match else value.tag
        return [Entry(AUDIO, tag, step, np.frombuffer(value.audio.encoded_audio_string, "<i2"))]
    if form != "tensor":
        return [Entry(OTHER, value.tag, step, np.array([str(form)], dtype=object))]
    from tensorflow.python.framework import tensor_util

    array = tensor_util.MakeNdarray(value.tensor)
    kind = _PLUGINS.get(plugin, OTHER)
    if kind == SCALAR:
        return [Entry(SCALAR, value.tag, step, np.float32(array))]
    if kind == HISTOGRAM:
        filled = array[array[:, 2] > 0]
        summed = (array[0, 0], array[-1, 1], array[:, 2].sum()) if len(filled) else (0.0, 0.0, 0.0)
        return [Entry(HISTOGRAM, value.tag, step, np.array(summed, np.float64))]
    if kind == IMAGE:
        return [Entry(IMAGE, value.tag, step, pixels.of(item)) for item in array[2:]]
    if kind == AUDIO:
        return [Entry(AUDIO, value.tag, step, np.frombuffer(item[0], "<i2")) for item in array]
    return [Entry(kind, value.tag, step, array)]


class _Pixels:
    """Decodes PNG images, in a graph of its own."""

    def __init__(self) -> "None":
        self._session = None  # type: Any

    def of(self, png: "bytes") -> "Any":
        """The pixels of one image."""
        if self._session is None:
            import tensorflow as tf

            v1 = tf.compat.v1 if hasattr(tf, "compat") and hasattr(tf.compat, "v1") else tf
            graph = v1.Graph()
            with graph.as_default():
                self._png = v1.placeholder(v1.string, [])
                self._pixels = v1.image.decode_png(self._png)
            self._session = v1.Session(graph=graph)
        return self._session.run(self._pixels, {self._png: png})
