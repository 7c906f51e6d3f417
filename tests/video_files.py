"""Video files made of formulas."""

import fractions

import numpy as np

MILLISECONDS = fractions.Fraction(1, 1000)


def picture(index, height=36, width=64, seed=0):
    """RGB frame of a clip whose content moves, uint8."""
    row, column = np.mgrid[:height, :width]
    phase = 2 * index + 40 * seed
    waves = [np.sin((row + column + phase) / 17), np.cos((row - column - phase) / 19), np.sin((column + phase) / 13)]
    return np.rint(128 + 90 * np.stack(waves, axis=-1)).astype(np.uint8)


def write_video(path, pictures, pts=None, layout="yuv420p", codec="libx264", **more):
    """Write RGB pictures at these milliseconds, 40 apart by default.

    Args: more: `audio` for a tone as long as the clip, `turned` by degrees, `full_range`, `interlaced`.
    """
    import av

    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = layout
        context = video.codec_context
        context.time_base = MILLISECONDS
        # BT.601, which is what RGB is converted by below.
        context.colorspace = context.color_primaries = context.color_trc = 6
        if layout == "rgb24":
            context.colorspace = 0
        context.color_range = 2 if more.get("full_range") or layout == "rgb24" else 1
        options = {} if codec != "libx264" else {"crf": "4"}
        if more.get("interlaced"):
            options |= {"x264-params": "tff=1", "flags": "+ildct+ilme"}
        context.options = options
        if more.get("turned"):
            video.set_display_rotation(more["turned"])
        sound = container.add_stream("aac", rate=48000) if more.get("audio") else None
        for index, pixels in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=layout)
            frame.pts, frame.time_base = 40 * index if pts is None else pts[index], MILLISECONDS
            container.mux(video.encode(frame))
        container.mux(video.encode())
        if sound:
            tone = (8000 * np.sin(np.arange(1920 * len(pictures)) / 20)).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.rate, frame.pts, frame.time_base = 48000, 0, fractions.Fraction(1, 48000)
            resampler = av.AudioResampler("fltp", "mono", 48000, 1024)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(sound.encode(part))
            container.mux(sound.encode())


def read_video(path):
    """(frames of PyAV, bytes of the packets of audio)."""
    import av

    with av.open(str(path)) as container:
        frames = list(container.decode(container.streams.video[0]))
    with av.open(str(path)) as container:
        sound = (
            [bytes(packet) for packet in container.demux(*container.streams.audio)] if container.streams.audio else []
        )
    return frames, [packet for packet in sound if packet]
