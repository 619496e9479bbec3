"""What may go wrong with a file of a recording, for those who do not load FFmpeg to say so."""


class NoTemplate(ValueError):
    """This key frame does not say what the stream is."""


class Hurried(RuntimeError):
    """There is no time to finish this now."""


def media_fault() -> type[Exception]:
    """Return what FFmpeg raises. Its libraries are 16 MB that a node without a recording does without."""
    import av

    return av.FFmpegError
