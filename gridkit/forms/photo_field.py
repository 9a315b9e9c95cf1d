"""The photo of a matter as a question: taken or chosen, on the disk before anything names it.

Neither the camera's file nor its name stays anywhere: the page makes the picture smaller,
`records.picture` makes it anew from its pixels, and the answer is the hash of the result.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from gridkit.errors import DataError, GridkitError
from gridkit.forms.field import Field
from gridkit.records.photos import Photos
from gridkit.records.picture import MOST_BYTES
from gridkit.records.spec import FieldSpec
from gridkit.screen.look import Markup, Words, tag

_WORDS = {
    "shoot": Words("拍照", "Take a photo"),
    "choose": Words("选照片", "Choose a photo"),
    "another": Words("换一张", "Choose another"),
    "drop": Words("不要照片", "No photo"),
    "alt": Words("现场照片", "Photo of the matter"),
}
_GONE = Words(
    "照片文件不在本机了, 请再选一次, 或按“不要照片”",
    "The photo is no longer here; choose it again, or press 'No photo'",
)


class PhotoInput(anywidget.AnyWidget):
    """The buttons and the picture; see `photo_input.js`."""

    _esm: ClassVar[str] = Path(__file__).with_name("photo_input.js").read_text("utf-8")
    value = traitlets.Unicode("")
    words = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode("").tag(sync=True)
    preview = traitlets.Unicode("").tag(sync=True)
    refused = traitlets.Bool(default_value=False).tag(sync=True)
    most_bytes = traitlets.Int(MOST_BYTES).tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self._takers: list[Callable[[bytes | None], None]] = []
        self.on_msg(self._hear)

    def on_photo(self, taker: Callable[[bytes | None], None]) -> None:
        """Call `taker` with what was chosen; with None where it shall be taken away."""
        self._takers.append(taker)

    def _hear(self, _: Any, content: Any, buffers: Any) -> None:
        told = content if isinstance(content, dict) else {}
        for taker in self._takers:
            if told.get("drop"):
                taker(None)
            elif told.get("unread"):
                taker(b"")
            elif told.get("heavy"):  # the page kept it back; `redraw` says why
                taker(bytes(self.most_bytes + 1))
            elif told.get("photo") and buffers:
                taker(bytes(buffers[0]))


class PhotoField(Field):
    """One photo: its answer is the hash of a file that is kept already.

    Parameters
    ----------
    spec : FieldSpec
        A field of type `photo`.
    photos : Photos
        Where it is kept.
    lang : {"zh", "en"}
        Which language comes first.

    Examples
    --------
    >>> import tempfile
    >>> from gridkit.records.spec import CONCERN
    >>> folder = tempfile.TemporaryDirectory()
    >>> field = PhotoField(CONCERN["photo"], Photos(Path(folder.name)))
    >>> field.take(b"no photo")
    >>> field.value, field.fault.zh[:11]
    (None, '这个文件不是 JPEG')
    >>> folder.cleanup()
    """

    def __init__(self, spec: FieldSpec, photos: Photos, *, lang: str = "zh") -> None:
        self._photos = photos
        self._refused: Words | None = None
        super().__init__(spec, lang=lang)
        self.add_class("gk-whole")

    def _make_input(self) -> Any:
        made = PhotoInput()
        made.on_photo(self._took)
        return made

    def _took(self, data: bytes | None) -> None:
        if data is None:
            self.load(None)
        else:
            self.take(data)

    def take(self, data: bytes) -> None:
        """Keep a photo and make it the answer; what is wrong with it is said below.

        Parameters
        ----------
        data : bytes
            A file as a camera wrote it.
        """
        try:
            name = self._photos.keep(data)
        except GridkitError as error:
            self._refuse(Words(error.zh, error.en))
            return
        self._refuse(None)
        self._write(name)

    def _refuse(self, words: Words | None) -> None:
        self._refused = words
        self.input.refused = words is not None
        self.say(words)
        if words is not None:
            self._changed()

    def _read(self) -> str | None:
        if self._refused is not None:
            raise DataError(zh=self._refused.zh, en=self._refused.en)
        return self.input.value or None

    def _write(self, value: str | None) -> None:
        data = None if value is None else self._photos.read(value)
        self.input.preview = "" if data is None else data_uri(data)
        self.input.value = value or ""

    def load(self, value: Any) -> None:
        """Show the photo of a record, also one whose file is not here; None takes it away."""
        self._refused, self.input.refused = None, False
        super().load(value)
        self.say(None)

    def retype(self, typed: Any) -> None:
        """Show the photo of a draft again, as long as its file is there."""
        if not isinstance(typed, str) or not typed:
            return
        if self._photos.read(typed) is None:
            self._refuse(_GONE)
        else:
            self._write(typed)

    def _warning(self) -> Words | None:
        if self.input.value and not self.input.preview:
            return Words(
                "照片文件不在本机 (台账里记着它); 不改就照原样留着",
                "The photo's file is not here (the ledger names it); it stays as it is",
            )
        return None

    def _label(self) -> None:
        self.input.label = self.label()
        self.input.words = {name: words.of(self.lang) for name, words in _WORDS.items()}


def data_uri(photo: bytes) -> str:
    """Write a kept photo as an address that asks no network."""
    return "data:image/jpeg;base64," + base64.b64encode(photo).decode()


def photo_block(photos: Photos, name: str | None, lang: str = "zh") -> Markup:
    """Show the photo of a matter on the desk; say so where its file is not here.

    Parameters
    ----------
    photos : Photos
    name : str or None
        As the record names it; None shows nothing.
    lang : {"zh", "en"}
        Which language.
    """
    if name is None:
        return Markup("")
    data = photos.read(name)
    if data is None:
        gone = Words(
            "现场照片: 文件不在本机, 或已损坏。请向记录的人要一份数据包再合并。",
            "Photo: its file is not here, or damaged. Ask whoever recorded it for a bundle.",
        )
        return tag("p", gone.of(lang), cls="gk-hint")
    alt = _WORDS["alt"].of(lang)
    desk = Words("仅限办公, 不上地图、不外传", "for the desk only, never shared").of(lang)
    picture = tag("img", src=data_uri(data), alt=alt)
    return tag("figure", picture, tag("figcaption", f"{alt} · {desk}"), cls="gk-photo-shown")
