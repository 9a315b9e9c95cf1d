"""Attachments: the files that came along with an export, found by what an answer calls them.

ODK Central's zip has them in one folder, `media/`, whatever submission they belong to.
KoboToolbox gives them as a zip of their own, each under the uuid of its submission:
`owner/attachments/form/submission/file`. A name that stands for several different files is
not guessed at. Nothing is fetched: an address in an export is not followed.

References
----------
https://docs.getodk.org/central-submissions/ (the CSV zip, "media");
https://support.kobotoolbox.org/export_download.html ("Media attachments (ZIP)").
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gridkit.errors import ImportFileError, why_os
from gridkit.records.picture import MOST_BYTES

FOLDER = "media"
"""Where ODK Central's zip has the files."""


class Attachment(NamedTuple):
    """A file that came along: the parts of its path, and how to read it."""

    parts: tuple[str, ...]
    read: Callable[[], bytes]


class Attachments:
    """The files that came along with an export.

    Parameters
    ----------
    files : collection of Attachment
        Read only when asked for.

    Examples
    --------
    >>> came = Attachments([Attachment(("media", "17.jpg"), lambda: b"a photo")])
    >>> came.of("17.jpg"), came.of("18.jpg")
    ([b'a photo'], [])
    """

    def __init__(self, files: Collection[Attachment] = ()) -> None:
        self._by_name: dict[str, list[Attachment]] = {}
        for one in files:
            self._by_name.setdefault(one.parts[-1], []).append(one)

    def of(self, name: str, submission: Collection[str] = ()) -> list[bytes]:
        """Read the files that an answer can mean: none, one, or several that differ.

        Parameters
        ----------
        name : str
            What the answer says.
        submission : collection of str
            The uuids of the submission; a file in a folder of one of them comes first.

        Raises
        ------
        ImportFileError
            If a file cannot be read to its end.
        """
        found = self._by_name.get(name.replace("\\", "/").rpartition("/")[2], [])
        own = [one for one in found if set(submission) & set(one.parts[:-1])]
        return list(dict.fromkeys(one.read() for one in own or found))


def attachments_in(path: str | Path) -> Attachments:
    """List the files of a zip, or of a folder into which it was unpacked.

    Parameters
    ----------
    path : str or Path
        The zip or the folder, as it came from the server.

    Returns
    -------
    Attachments

    Raises
    ------
    ImportFileError
        If it is neither, or damaged.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file())
        return Attachments(
            [
                Attachment(one.relative_to(path).parts, partial(_of_file, one, one.name))
                for one in files
            ]
        )
    try:
        return Attachments(list(zipped_files(path.read_bytes(), path.name)))
    except OSError as error:
        raise ImportFileError(
            zh=f"读不了附件 {path.name} ({why_os(error)}); 须是服务器给的附件 zip, 或解开后的文件夹。",
            en=f"The attachments {path.name} cannot be read ({error.strerror}); give the zip of the "
            "server, or the folder that it was unpacked into.",
        ) from None


def zipped_files(data: bytes, name: str, folder: str = "") -> Iterator[Attachment]:
    """List the files of a zip, or those in one of its folders.

    Parameters
    ----------
    data : bytes
        The zip.
    name : str
        What to call it in messages.
    folder : str
        Only what lies below; everything by default.

    Raises
    ------
    ImportFileError
        If it is no zip, or damaged.
    """
    archive = _archive(data, name)
    for info in archive.infolist():  # not by name: one name can stand in a zip twice
        parts = PurePosixPath(info.filename).parts
        if not info.is_dir() and parts and (not folder or parts[0] == folder):
            yield Attachment(parts, partial(_of_zip, archive, info, name))


def _archive(data: bytes, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise _damaged(name) from None


def _of_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    try:
        with archive.open(info) as file:
            return file.read(MOST_BYTES + 1)  # more is refused by its size, unread
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, NotImplementedError):
        raise _damaged(name) from None


def _of_file(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError:
        raise _damaged(name) from None


def _damaged(name: str) -> ImportFileError:
    return ImportFileError(
        zh=f"附件 {name} 不完整或已损坏, 没有导入任何内容; 请重新下载。",
        en=f"The attachments {name} are cut short or damaged; nothing was imported. Download them "
        "again.",
    )
